/*
 * The routes of the API, each table where its handlers are (docs/openapi.yml).
 */
#ifndef HF_CONSOLE_API_H
#define HF_CONSOLE_API_H

#include "console/route.h"

extern const struct hf_route hf_access_routes[];
extern const struct hf_route hf_browse_routes[];
extern const struct hf_route hf_download_routes[];
extern const struct hf_route hf_health_routes[];
extern const struct hf_route hf_import_routes[];
extern const struct hf_route hf_job_routes[];
extern const struct hf_route hf_key_routes[];
extern const struct hf_route hf_overview_routes[];
extern const struct hf_route hf_page_routes[];
extern const struct hf_route hf_point_routes[];
extern const struct hf_route hf_restore_routes[];
extern const struct hf_route hf_schema_routes[];
extern const struct hf_route hf_session_routes[];
extern const struct hf_route hf_settings_routes[];
extern const struct hf_route hf_setup_routes[];
extern const struct hf_route hf_setup_choice_routes[];

#endif
