// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

/// Gets a line that libmicrohttpd wants to log; `text` lives for the call only.
typedef void (*cmhd_line)(void *context, const char *text);

/// Where log lines go; must live as long as the daemon.
struct cmhd_log_sink {
  cmhd_line line;
  void *context;
};

/// MHD_LogCallback: its arguments are a va_list, which is formatted here.
static inline void cmhd_log(void *sink, const char *format, va_list arguments) {
  const struct cmhd_log_sink *to = (const struct cmhd_log_sink *)sink;
  char text[512];
  if (vsnprintf(text, sizeof text, format, arguments) < 0) return;
  to->line(to->context, text);
}

/// MHD_OPTION_UNESCAPE_CALLBACK that leaves the text as it was sent.
static inline size_t cmhd_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

/// gnutls_certificate_retrieve_function3: a TLS daemon needs one; each session gets its own credentials instead, and
/// without them its handshake fails.
static inline int cmhd_no_certificate(
    gnutls_session_t session, const struct gnutls_cert_retr_st *request, gnutls_pcert_st **certificates,
    unsigned int *count, gnutls_ocsp_data_st **ocsp, unsigned int *ocsp_count, gnutls_privkey_t *key,
    unsigned int *flags) {
  (void)session, (void)request, (void)certificates, (void)count, (void)ocsp, (void)ocsp_count, (void)key, (void)flags;
  return GNUTLS_E_INSUFFICIENT_CREDENTIALS;
}

/// MHD_start_daemon is variadic. Driven by MHD_run; connections come by MHD_add_connection. `tls_priorities` is
/// GnuTLS's choice of versions and algorithms, and NULL for plain HTTP.
static inline struct MHD_Daemon *cmhd_start(
    void *context, MHD_AccessHandlerCallback handler,
    void *(*target)(void *, const char *, struct MHD_Connection *),
    MHD_RequestCompletedCallback completed, MHD_NotifyConnectionCallback notified,
    struct cmhd_log_sink *sink, size_t memory_limit, unsigned int connection_limit, const char *tls_priorities) {
  struct MHD_OptionItem tls[] = {
      {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)tls_priorities},
      {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)cmhd_no_certificate},
      {MHD_OPTION_END, 0, NULL},
  };
  return MHD_start_daemon(
      MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
          (tls_priorities == NULL ? 0 : MHD_USE_TLS),
      0, NULL, NULL, handler, context,
      MHD_OPTION_EXTERNAL_LOGGER, (MHD_LogCallback)cmhd_log, sink,
      MHD_OPTION_URI_LOG_CALLBACK, target, context,
      MHD_OPTION_UNESCAPE_CALLBACK, cmhd_keep_escapes, NULL,
      MHD_OPTION_NOTIFY_COMPLETED, completed, context,
      MHD_OPTION_NOTIFY_CONNECTION, notified, context,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory_limit,
      MHD_OPTION_CONNECTION_LIMIT, connection_limit,
      MHD_OPTION_ARRAY, tls_priorities == NULL ? tls + 2 : tls,
      MHD_OPTION_END);
}

/// MHD_get_daemon_info is variadic. What is readable when MHD_run has something to do, or -1.
static inline int cmhd_epoll(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info == NULL ? -1 : info->epoll_fd;
}

/// Whether MHD_run has more to do, though the descriptor may not tell.
static inline bool cmhd_has_more(struct MHD_Daemon *daemon) {
  unsigned long long milliseconds = 1;
  return MHD_get_timeout(daemon, &milliseconds) == MHD_YES && milliseconds == 0;
}

/// Compares here, because an enum value unknown to Swift would be undefined there.
static inline bool cmhd_is_start(enum MHD_ConnectionNotificationCode code) {
  return code == MHD_CONNECTION_NOTIFY_STARTED;
}

/// MHD_get_connection_info is variadic.
static inline int cmhd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

/// MHD_get_connection_info is variadic. The session of a TLS connection, NULL for plain HTTP; it ends before the
/// connection's close is told of.
static inline gnutls_session_t cmhd_tls_session(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info == NULL ? NULL : (gnutls_session_t)info->tls_session;
}

/// MHD_get_connection_info is variadic. The address that came with the socket; lives as long as the connection.
static inline const struct sockaddr *cmhd_address(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == NULL ? NULL : info->client_addr;
}

/// MHD_get_connection_info is variadic. What the connection callback stored for this connection.
static inline void *cmhd_socket_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

/// MHD_get_connection_info is variadic. Bytes from the method to the end of the headers, 0 when unknown.
static inline size_t cmhd_header_size(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info == NULL ? 0 : info->header_size;
}

/// The kind is an enum.
static inline int cmhd_each_header(
    struct MHD_Connection *connection, MHD_KeyValueIteratorN iterator, void *context) {
  return MHD_get_connection_values_n(connection, MHD_HEADER_KIND, iterator, context);
}

/// The kind is an enum. The first value of a field, NULL when there is none.
static inline const char *cmhd_header(struct MHD_Connection *connection, const char *name) {
  return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/// The mode is an enum. The body is copied: see `Connection.send`.
static inline struct MHD_Response *cmhd_response(size_t size, const void *body) {
  return MHD_create_response_from_buffer(size, (void *)body, MHD_RESPMEM_MUST_COPY);
}

/// `struct ucred` needs _GNU_SOURCE, which Swift's C importer does not define. False when the kernel does not say.
static inline bool cmhd_peer(int socket, uint32_t *user, int32_t *process) {
  struct { int32_t pid; uint32_t uid; uint32_t gid; } credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return false;
  *user = credentials.uid;
  *process = credentials.pid;
  return true;
}

/// Bytes received on a TCP connection and whether its client has closed, or -1 and false. The C library's
/// `struct tcp_info` is too old and the kernel's header clashes with it; in the kernel's (linux/tcp.h)
/// `tcpi_state` is the first byte, and `tcpi_bytes_received` at byte 128 since Linux 4.1.
static inline int64_t cmhd_tcp_input(int socket, bool *has_ended) {
  enum { tcp_info_option = 11, close_wait = 8, offset = 128 };
  union { uint8_t bytes[256]; uint64_t words[32]; } info;
  socklen_t length = sizeof info;
  *has_ended = false;
  if (getsockopt(socket, IPPROTO_TCP, tcp_info_option, &info, &length) != 0) return -1;
  if (length < offset + sizeof info.words[0]) return -1;
  *has_ended = info.bytes[0] == close_wait;
  return (int64_t)info.words[offset / sizeof info.words[0]];
}

/// The flags are an enum in one header and a macro in another. A socket that does not block and is not inherited, or -1.
static inline int cmhd_stream_socket(int family) {
  return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/// accept4 needs _GNU_SOURCE. A new socket that does not block and is not inherited, or -1.
static inline int cmhd_accept(int socket, struct sockaddr *address, socklen_t *length) {
  extern int accept4(int, struct sockaddr *, socklen_t *, int);
  return accept4(socket, address, length, 02000000 | 04000);
}
