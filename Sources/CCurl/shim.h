// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

// Swift imports neither variadic C functions nor the macros that wrap them, so each kind of
// argument of curl_easy_setopt, curl_multi_setopt and curl_easy_getinfo has a function of fixed
// arity here. The casts of the callbacks are checked by the parameter types.

/// For options that take a `long`.
static inline CURLcode ccurl_easy_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

/// For options that take a `curl_off_t`.
static inline CURLcode ccurl_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

/// For options that take text; libcurl copies it. `NULL` puts the option back to unset.
static inline CURLcode ccurl_easy_set_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

/// For options that take a pointer which libcurl only keeps.
static inline CURLcode ccurl_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

/// The body to send, copied by libcurl; its size is set before.
static inline CURLcode ccurl_easy_set_body(CURL *easy, const void *bytes) {
  return curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes);
}

/// The header lines to send; libcurl only keeps the pointer.
static inline CURLcode ccurl_easy_set_headers(CURL *easy, struct curl_slist *lines) {
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
}

/// For the two options whose callback gets bytes: `CURLOPT_WRITEFUNCTION` and
/// `CURLOPT_HEADERFUNCTION`.
static inline CURLcode ccurl_easy_set_bytes_callback(
    CURL *easy, CURLoption option, size_t (*callback)(char *, size_t, size_t, void *)) {
  return curl_easy_setopt(easy, option, callback);
}

/// Called when the connection stands and the request is about to be written.
static inline CURLcode ccurl_easy_set_before_request(
    CURL *easy, int (*callback)(void *, char *, char *, int, int)) {
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}

/// Called when a socket was made, before it connects.
static inline CURLcode ccurl_easy_set_socket_made(
    CURL *easy, int (*callback)(void *, curl_socket_t, curlsocktype)) {
  return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, callback);
}

/// Called in place of close(2) for a connection's socket.
static inline CURLcode ccurl_easy_set_close_socket(
    CURL *easy, int (*callback)(void *, curl_socket_t)) {
  return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
}

/// For facts that are a `long`.
static inline CURLcode ccurl_easy_get_long(CURL *easy, CURLINFO fact, long *value) {
  return curl_easy_getinfo(easy, fact, value);
}

/// For facts that are a `curl_off_t`.
static inline CURLcode ccurl_easy_get_offset(CURL *easy, CURLINFO fact, curl_off_t *value) {
  return curl_easy_getinfo(easy, fact, value);
}

/// What `CURLOPT_PRIVATE` was set to.
static inline CURLcode ccurl_easy_get_private(CURL *easy, void **value) {
  return curl_easy_getinfo(easy, CURLINFO_PRIVATE, value);
}

/// For multi options that take a `long`.
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

/// Called when libcurl wants to hear about a socket's readiness, or no longer; `context` goes to
/// each call.
static inline CURLMcode ccurl_multi_set_socket_callback(
    CURLM *multi, int (*callback)(CURL *, curl_socket_t, int, void *, void *), void *context) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
  return code == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context) : code;
}

/// Called when libcurl's next timeout changes; `context` goes to each call.
static inline CURLMcode ccurl_multi_set_timer_callback(
    CURLM *multi, int (*callback)(CURLM *, long, void *), void *context) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
  return code == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context) : code;
}

/// The next transfer that ended, or `NULL`; spares Swift the union inside `CURLMsg`.
static inline CURL *ccurl_multi_next_ended(CURLM *multi, CURLcode *result) {
  int left = 0;
  for (;;) {
    CURLMsg *message = curl_multi_info_read(multi, &left);
    if (message == NULL) return NULL;
    if (message->msg == CURLMSG_DONE) {
      *result = message->data.result;
      return message->easy_handle;
    }
  }
}

/// `CURL_GLOBAL_DEFAULT` is a macro of macros.
static inline CURLcode ccurl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

// Swift's Glibc module does not have epoll(7).

/// A new epoll instance, or -1.
static inline int ccurl_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

/// Changes what `epoll` watches `descriptor` for from `before` to `wanted`; 0 is "not registered".
static inline int ccurl_epoll_watch(int epoll, int descriptor, unsigned before, unsigned wanted) {
  struct epoll_event event = {.events = wanted, .data = {.fd = descriptor}};
  int operation = wanted == 0 ? EPOLL_CTL_DEL : before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  return epoll_ctl(epoll, operation, descriptor, &event);
}

/// close(2), under a name that no Swift method hides.
static inline int ccurl_close(int descriptor) { return close(descriptor); }
