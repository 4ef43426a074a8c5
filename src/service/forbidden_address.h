/*
 * Addresses that Holdfast asks nothing of when somebody at a web page names the host: those at
 * which a machine tells its own secrets (a cloud's metadata service), and those that are no single
 * machine's. Private and loopback addresses are where servers at home are, and are no such thing.
 *
 * Pure.
 */
#ifndef HF_SERVICE_FORBIDDEN_ADDRESS_H
#define HF_SERVICE_FORBIDDEN_ADDRESS_H

#include <netdb.h>
#include <stdbool.h>
#include <sys/socket.h>

/* Link-local, metadata, unspecified, multicast, broadcast and reserved; also where an IPv6 address
 * stands for such an IPv4 address (mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP).
 * Whatever is neither IPv4 nor IPv6 is. */
bool hf_address_is_forbidden(const struct sockaddr *address);

/* The first of them that is; NULL: none. */
const struct addrinfo *hf_forbidden_among(const struct addrinfo *addresses);

#endif
