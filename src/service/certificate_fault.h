/*
 * Why a server's certificate was not accepted, in words a person can act on.
 */
#ifndef HF_SERVICE_CERTIFICATE_FAULT_H
#define HF_SERVICE_CERTIFICATE_FAULT_H

#include "service/curl_library.h"
#include "service/http.h"

/* After CURLE_PEER_FAILED_VERIFICATION: HF_HTTP_TLS where libcurl does not tell more. */
enum hf_http_failure hf_certificate_fault(CURL *curl);

/* Says so of the server `shown`; returns -1. */
int hf_certificate_refused(enum hf_http_failure fault, const char *shown, struct hf_error *err);

#endif
