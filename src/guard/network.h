// network: what this machine itself needs of the network, and is therefore never blocked: its own
// addresses, the gateways of its routes, its name servers, loopback, link-local and multicast. Read
// anew each time from the kernel (rtnetlink) and resolv.conf, for addresses come and go.
#pragma once

#include "guard/zones.h"

// Appends what is found to zones->kept, without doubles, as far as there is room: ERR_LIMIT when
// there is not. ERR_IO when the kernel does not answer.
enum err network_keep(struct zones *zones);
// The nameserver lines of a resolv.conf; others are left alone. For itself and its test.
void network_resolvers(struct bytes text, struct zones *zones);
