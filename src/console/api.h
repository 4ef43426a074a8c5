/*
 * The routes of the API, each table where its handlers are (docs/openapi.yml).
 */
#ifndef HF_CONSOLE_API_H
#define HF_CONSOLE_API_H

#include "console/route.h"

extern const struct hf_route hf_session_routes[], hf_overview_routes[], hf_point_routes[],
    hf_restore_routes[], hf_browse_routes[], hf_job_routes[], hf_health_routes[], hf_page_routes[];

#endif
