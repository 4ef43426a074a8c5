#include "service/certificate_fault.h"

/* Results of a verification: openssl/x509_vfy.h, which nothing else is needed from. curl looks at
 * the name itself, when OpenSSL is content, and leaves the result at "unspecified" meanwhile. */
enum {
    UNSPECIFIED = 1,
    NO_ISSUER = 2,
    NOT_YET_VALID = 9,
    EXPIRED = 10,
    SELF_SIGNED = 18,
    SELF_SIGNED_IN_CHAIN = 19,
    NO_LOCAL_ISSUER = 20,
    LEAF_ALONE = 21,
    OTHER_HOST = 62,
    OTHER_ADDRESS = 64,
};

static bool is_of_openssl(CURL *curl)
{
    const struct curl_tlssessioninfo *session = NULL;
    return hf_curl.easy_getinfo(curl, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session &&
           session->backend == CURLSSLBACKEND_OPENSSL;
}

enum hf_http_failure hf_certificate_fault(CURL *curl)
{
    long result = -1;
    if (!is_of_openssl(curl) ||
        hf_curl.easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &result) != CURLE_OK)
        return HF_HTTP_TLS;
    switch (result) {
    case UNSPECIFIED:
    case OTHER_HOST:
    case OTHER_ADDRESS:
        return HF_HTTP_TLS_NAME;
    case NOT_YET_VALID:
    case EXPIRED:
        return HF_HTTP_TLS_EXPIRED;
    case NO_ISSUER:
    case SELF_SIGNED:
    case SELF_SIGNED_IN_CHAIN:
    case NO_LOCAL_ISSUER:
    case LEAF_ALONE:
        return HF_HTTP_TLS_UNKNOWN;
    default:
        return HF_HTTP_TLS;
    }
}

int hf_certificate_refused(enum hf_http_failure fault, const char *shown, struct hf_error *err)
{
    switch (fault) {
    case HF_HTTP_TLS_NAME:
        hf_error_set(err, HF_FAILED, "%s: its certificate is for another name", shown);
        return hf_error_hint(err, "enter the name that the certificate is for");
    case HF_HTTP_TLS_EXPIRED:
        hf_error_set(err, HF_FAILED, "%s: its certificate has expired, or is not valid yet", shown);
        return hf_error_hint(err, "renew it at the service; is this machine's clock right?");
    case HF_HTTP_TLS_UNKNOWN:
        hf_error_set(err, HF_FAILED, "%s: nobody known here has signed its certificate", shown);
        return hf_error_hint(err, "within your own network take its http address, or name a file "
                                  "with its authority's certificate in SSL_CERT_FILE");
    default:
        hf_error_set(err, HF_FAILED, "%s: its certificate is not to be trusted", shown);
        return hf_error_hint(err, "is it for this name, not expired, from a known authority?");
    }
}
