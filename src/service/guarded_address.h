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
 * True for link-local (RFC 3927, RFC 4291 2.5.6), where cloud metadata is, metadata elsewhere
 * (100.100.100.200, fd00:ec2::254), unspecified, multicast, broadcast and reserved addresses, also
 * inside of IPv6 (mapped, compatible, NAT64 64:ff9b::/96, 6to4, Teredo). Anything but IP is
 * blocked.
 */
bool hf_address_is_blocked(const struct sockaddr *address);

#endif
