#include "console/api.h"

/* A table a line, so that each is added alone. */
const struct hf_route *const hf_route_tables[] = {hf_session_routes,      //
                                                  hf_access_routes,       //
                                                  hf_settings_routes,     //
                                                  hf_overview_routes,     //
                                                  hf_point_routes,        //
                                                  hf_restore_routes,      //
                                                  hf_schema_routes,       //
                                                  hf_setup_routes,        //
                                                  hf_setup_choice_routes, //
                                                  hf_download_routes,     //
                                                  hf_browse_routes,       //
                                                  hf_import_routes,       //
                                                  hf_job_routes,          //
                                                  hf_key_routes,          //
                                                  hf_health_routes,       //
                                                  hf_page_routes,         //
                                                  NULL};
