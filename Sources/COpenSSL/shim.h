// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Macros with arguments and inline stack accessors are not imported by Swift.

// BIO_get_mem_data: the bytes a memory BIO holds.
static inline long copenssl_bio_bytes(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }
// OPENSSL_free: for what OpenSSL allocated for the caller.
static inline void copenssl_free(void *pointer) { OPENSSL_free(pointer); }
// ERR_GET_LIB, ERR_GET_REASON: the two halves of an error code.
static inline int copenssl_error_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline int copenssl_error_reason(unsigned long code) { return ERR_GET_REASON(code); }
// An RSA key in PEM of the usual structure, NULL for anything else. PEM_read_bio_PrivateKey and PEM_read_bio_PUBKEY set
// up decoders for every kind and structure of key at each call, which is three times the work. What to select is named
// by macros.
static inline EVP_PKEY *copenssl_decode_rsa(const unsigned char *pem, size_t count, int is_private) {
  EVP_PKEY *key = NULL;
  OSSL_DECODER_CTX *context = OSSL_DECODER_CTX_new_for_pkey(
      &key, "PEM", is_private ? "PrivateKeyInfo" : "SubjectPublicKeyInfo", "RSA",
      is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, NULL, NULL);
  if (context != NULL) OSSL_DECODER_from_data(context, &pem, &count);
  OSSL_DECODER_CTX_free(context);
  return key;
}
// A closed C enum would come to Swift as a type; a number is all that is needed.
static inline int copenssl_is_rsa(const EVP_PKEY *key) { return EVP_PKEY_is_a(key, "RSA"); }

// A private key and its certificate from a PKCS #12 file; NULL for what it does not hold. 1: opened, -1: the password is
// wrong, 0: not such a file. It runs in a context of its own, since the files that WeChat Pay hands out are encrypted
// with RC2, which only the provider of outdated algorithms has.
static inline int copenssl_open_pkcs12(
    const unsigned char *der, size_t count, const char *password, EVP_PKEY **key, X509 **certificate) {
  OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
  OSSL_PROVIDER *usual = context == NULL ? NULL : OSSL_PROVIDER_load(context, "default");
  OSSL_PROVIDER *legacy = context == NULL ? NULL : OSSL_PROVIDER_load(context, "legacy");
  PKCS12 *file = context == NULL ? NULL : PKCS12_init_ex(NID_pkcs7_data, context, NULL);
  const unsigned char *position = der;
  EVP_PKEY *found_key = NULL;
  X509 *found_certificate = NULL;
  int outcome = 0;
  if (file != NULL && d2i_PKCS12(&file, &position, (long)count) != NULL) {
    outcome = PKCS12_parse(file, password, &found_key, &found_certificate, NULL);
    unsigned long error = ERR_peek_last_error();
    if (outcome != 1 && ERR_GET_LIB(error) == ERR_LIB_PKCS12 && ERR_GET_REASON(error) == PKCS12_R_MAC_VERIFY_FAILURE)
      outcome = -1;
  }
  // Both are read anew for the common context, because this one ends here.
  unsigned char *bytes = NULL;
  int length = found_key == NULL ? 0 : i2d_PrivateKey(found_key, &bytes);
  position = bytes;
  *key = length > 0 ? d2i_AutoPrivateKey(NULL, &position, length) : NULL;
  OPENSSL_clear_free(bytes, length > 0 ? (size_t)length : 0);
  bytes = NULL;
  length = found_certificate == NULL ? 0 : i2d_X509(found_certificate, &bytes);
  position = bytes;
  *certificate = length > 0 ? d2i_X509(NULL, &position, length) : NULL;
  OPENSSL_free(bytes);
  X509_free(found_certificate);
  EVP_PKEY_free(found_key);
  PKCS12_free(file);
  OSSL_PROVIDER_unload(legacy);
  OSSL_PROVIDER_unload(usual);
  OSSL_LIB_CTX_free(context);
  return outcome;
}
