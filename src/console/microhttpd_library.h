/*
 * libmicrohttpd, loaded when a console is opened: with the TLS library that it needs it would be
 * most of the memory of a process that has none.
 */
#ifndef HF_CONSOLE_MICROHTTPD_LIBRARY_H
#define HF_CONSOLE_MICROHTTPD_LIBRARY_H

#include <microhttpd.h>

#include "base/error.h"

/* Its functions, each as microhttpd.h declares it; there once hf_microhttpd_load has returned 0. */
extern struct hf_microhttpd_functions {
    __typeof__(MHD_start_daemon) *start_daemon;
    __typeof__(MHD_stop_daemon) *stop_daemon;
    __typeof__(MHD_run) *run;
    __typeof__(MHD_get_timeout) *get_timeout;
    __typeof__(MHD_get_daemon_info) *get_daemon_info;
    __typeof__(MHD_get_connection_info) *get_connection_info;
    __typeof__(MHD_lookup_connection_value) *lookup_connection_value;
    __typeof__(MHD_get_connection_values) *get_connection_values;
    __typeof__(MHD_create_response_from_buffer) *create_response_from_buffer;
    __typeof__(MHD_create_response_from_callback) *create_response_from_callback;
    __typeof__(MHD_create_response_from_fd) *create_response_from_fd;
    __typeof__(MHD_add_response_header) *add_response_header;
    __typeof__(MHD_queue_response) *queue_response;
    __typeof__(MHD_destroy_response) *destroy_response;
    __typeof__(MHD_suspend_connection) *suspend_connection;
    __typeof__(MHD_resume_connection) *resume_connection;
} hf_microhttpd;

/* Loads it, once. HF_UNSUPPORTED when it is not installed, or is too old. Single-threaded. */
int hf_microhttpd_load(struct hf_error *err);

#endif
