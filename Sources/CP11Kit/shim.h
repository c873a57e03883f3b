// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

// A module is a table of function pointers, each of which may be NULL to Swift; here they are called by name.
static inline CK_RV cp11kit_get_slots(CK_FUNCTION_LIST *module, CK_SLOT_ID *slots, CK_ULONG *count) {
  return module->C_GetSlotList(CK_TRUE, slots, count);
}
static inline CK_RV cp11kit_get_token(CK_FUNCTION_LIST *module, CK_SLOT_ID slot, CK_TOKEN_INFO *token) {
  return module->C_GetTokenInfo(slot, token);
}
static inline CK_RV cp11kit_open_session(CK_FUNCTION_LIST *module, CK_SLOT_ID slot, CK_SESSION_HANDLE *session) {
  return module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, session);
}
static inline CK_RV cp11kit_close_session(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session) {
  return module->C_CloseSession(session);
}
static inline CK_RV cp11kit_login(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, const void *pin, CK_ULONG count) {
  return module->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, count);
}
// The first `room` private RSA or other keys with the attributes that a URI names, a class in it apart.
static inline CK_RV cp11kit_find_keys(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, P11KitUri *uri, CK_OBJECT_HANDLE *keys, CK_ULONG room,
    CK_ULONG *found) {
  CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
  CK_ATTRIBUTE wanted[8] = {{CKA_CLASS, &private_key, sizeof private_key}};
  CK_ULONG count = 1;
  CK_ULONG named = 0;
  CK_ATTRIBUTE *attributes = p11_kit_uri_get_attributes(uri, &named);
  for (CK_ULONG index = 0; index < named && count < sizeof wanted / sizeof *wanted; index++)
    if (attributes[index].type != CKA_CLASS) wanted[count++] = attributes[index];
  CK_RV outcome = module->C_FindObjectsInit(session, wanted, count);
  if (outcome != CKR_OK) return outcome;
  outcome = module->C_FindObjects(session, keys, room, found);
  module->C_FindObjectsFinal(session);
  return outcome;
}
// `count` is the room before and what is there afterwards; more than the room when it is too small.
static inline CK_RV cp11kit_get_attribute(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, void *value,
    CK_ULONG *count) {
  CK_ATTRIBUTE attribute = {type, value, *count};
  CK_RV outcome = module->C_GetAttributeValue(session, key, &attribute, 1);
  *count = attribute.ulValueLen;
  return outcome;
}
// RSASSA-PKCS1-v1_5 of a DigestInfo that was made elsewhere.
static inline CK_RV cp11kit_sign(
    CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const unsigned char *data, CK_ULONG count,
    unsigned char *signature, CK_ULONG *signature_count) {
  CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
  CK_RV outcome = module->C_SignInit(session, &mechanism, key);
  if (outcome != CKR_OK) return outcome;
  return module->C_Sign(session, (CK_BYTE *)data, count, signature, signature_count);
}
