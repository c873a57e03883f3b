-- SPDX-License-Identifier: Apache-2.0
--
-- Signs a request inside nginx as WeChat Pay APIv3 wants it: LuaJIT's FFI, OpenSSL 3, nothing else.
-- It does what it can to be quick: the key and the digest are prepared once, every request copies
-- the prepared context, and buffers are reused.

local ffi = require("ffi")
local encode_base64 = ngx.encode_base64
local crypto = ffi.load("libcrypto.so.3")

ffi.cdef [[
typedef struct bio_st BIO;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_md_st EVP_MD;
typedef struct evp_md_ctx_st EVP_MD_CTX;
BIO *BIO_new_mem_buf(const void *buf, int len);
int BIO_free(BIO *a);
EVP_PKEY *PEM_read_bio_PrivateKey(BIO *bp, EVP_PKEY **x, void *cb, void *u);
EVP_MD *EVP_MD_fetch(void *ctx, const char *algorithm, const char *properties);
EVP_MD_CTX *EVP_MD_CTX_new(void);
int EVP_MD_CTX_copy_ex(EVP_MD_CTX *out, const EVP_MD_CTX *in);
int EVP_DigestSignInit(EVP_MD_CTX *ctx, void **pctx, const EVP_MD *type, void *e, EVP_PKEY *pkey);
int EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *siglen,
                   const unsigned char *tbs, size_t tbslen);
int RAND_bytes(unsigned char *buf, int num);
]]

local M = {}
local prepared, context, merchant, serial
local signature, length = ffi.new("unsigned char[512]"), ffi.new("size_t[1]")
local random = ffi.new("unsigned char[16]")

--- Reads the merchant's key; once, in the master process.
function M.prepare(key_file, merchant_id, serial_number)
  merchant, serial = merchant_id, serial_number
  local file = assert(io.open(key_file, "rb"))
  local pem = file:read("*a")
  file:close()
  local bio = crypto.BIO_new_mem_buf(pem, #pem)
  local key = crypto.PEM_read_bio_PrivateKey(bio, nil, nil, nil)
  crypto.BIO_free(bio)
  assert(key ~= nil, "not a private key: " .. key_file)
  prepared, context = crypto.EVP_MD_CTX_new(), crypto.EVP_MD_CTX_new()
  local digest = crypto.EVP_MD_fetch(nil, "SHA256", nil)
  assert(crypto.EVP_DigestSignInit(prepared, nil, digest, nil, key) == 1, "cannot sign")
end

local function nonce()
  assert(crypto.RAND_bytes(random, 16) == 1)
  return (ffi.string(random, 16):gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

--- Leaves the Authorization of WeChat Pay APIv3 in nginx's variable `signed`.
function M.sign()
  ngx.req.read_body()
  local time, word = ngx.time(), nonce()
  local message = ngx.req.get_method() .. "\n" .. ngx.var.request_uri .. "\n" .. time .. "\n"
    .. word .. "\n" .. (ngx.req.get_body_data() or "") .. "\n"
  assert(crypto.EVP_MD_CTX_copy_ex(context, prepared) == 1)
  length[0] = 512
  assert(crypto.EVP_DigestSign(context, signature, length, message, #message) == 1)
  ngx.var.signed = 'WECHATPAY2-SHA256-RSA2048 mchid="' .. merchant .. '",nonce_str="' .. word
    .. '",signature="' .. encode_base64(ffi.string(signature, length[0])) .. '",timestamp="'
    .. time .. '",serial_no="' .. serial .. '"'
end

return M
