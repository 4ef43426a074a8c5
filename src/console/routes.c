#include "console/api.h"

/* Pages last: their table takes every path of a page. */
const struct hf_route *const hf_route_tables[] = {hf_session_routes,
                                                  hf_overview_routes,
                                                  hf_point_routes,
                                                  hf_job_routes,
                                                  hf_health_routes,
                                                  hf_page_routes,
                                                  NULL};
