/*
 * Addresses that a person in a browser must not have this host connect to: what only the host
 * itself can reach and nobody's service is at. Private and loopback addresses are fine: that is
 * where the services of a home are. Pure.
 */
#ifndef HF_SERVICE_GUARDED_ADDRESS_H
#define HF_SERVICE_GUARDED_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * True for link-local addresses (RFC 3927, RFC 4291 2.5.6), where most clouds have their metadata,
 * for where the others have it, and for unspecified, multicast, broadcast and reserved ones; also
 * where an IPv6 address stands for such an IPv4 address (mapped, compatible, translated, NAT64,
 * 6to4, Teredo, ISATAP). Anything but IP is blocked.
 */
bool hf_address_is_blocked(const struct sockaddr *address);

#endif
