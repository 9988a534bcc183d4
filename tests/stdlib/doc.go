// Package stdlib compares stdlib with iproute2: for each command of a table,
// ip or bridge runs in one fresh namespace and the call of @std//ip.star or
// @std//bridge.star in another. Then everything the kernel lists in the two
// (links, bridge ports, addresses, routes, rules, neighbours, forwarding
// entries, proxies) must be the same, or both must have been refused for the
// same reason. It holds tests only.
//
// Times, counters and what is random are left out, by the role that the spec
// gives a field; link-layer addresses are compared, so commands give them.
//
// To add a command: a row in one of the rows_*_test.go files.
package stdlib
