import type { ServerIdentity } from './app.ts';

/**
 * WORTHLESS: anybody can read this key. The certificate is for localhost and 127.0.0.1 until 2124, signed by itself, so
 * that no client trusts it before it was told to.
 */
export const worthlessIdentity: ServerIdentity = {
  cert: `-----BEGIN CERTIFICATE-----
MIIB6TCCAY+gAwIBAgIBATAKBggqhkjOPQQDAjBDMS0wKwYDVQQKDCRXb3J0aGxl
c3MgY2VydGlmaWNhdGUgb2YgYSBzaW11bGF0b3IxEjAQBgNVBAMMCWxvY2FsaG9z
dDAgFw0yNDAxMDEwMDAwMDBaGA8yMTI0MDEwMTAwMDAwMFowQzEtMCsGA1UECgwk
V29ydGhsZXNzIGNlcnRpZmljYXRlIG9mIGEgc2ltdWxhdG9yMRIwEAYDVQQDDAls
b2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATm4LoqyQlJ21P7CI9V
1kdzppk7mG06iUqhdhwJgy3L8vQ4SpXawllZy2pyYom8yhDflazzWVGY4/8smlm/
Klp2o3IwcDAMBgNVHRMBAf8EAjAAMCwGA1UdEQQlMCOCCWxvY2FsaG9zdIcEfwAA
AYcQAAAAAAAAAAAAAAAAAAAAATATBgNVHSUEDDAKBggrBgEFBQcDATAdBgNVHQ4E
FgQUbr820W1a0NfiNozL77sSL1kh99kwCgYIKoZIzj0EAwIDSAAwRQIhAO8PxKLP
m4hDZgie5K/RYVbHuihzuXTAonKicTw6KBfhAiA9yk5CBCMdAurwF4pBj08QM9Ul
BV12ZIEBPapi685BzA==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4rzjE52cL77fuUSs
eCV0obhiBT5gBL9ys5p1nVoTO4ChRANCAATm4LoqyQlJ21P7CI9V1kdzppk7mG06
iUqhdhwJgy3L8vQ4SpXawllZy2pyYom8yhDflazzWVGY4/8smlm/Klp2
-----END PRIVATE KEY-----
`,
};
