// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
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
