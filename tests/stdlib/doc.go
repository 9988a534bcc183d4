// Package stdlib compares stdlib with iproute2: for each command of a table,
// ip or bridge runs in one fresh namespace and the call of @std//ip.star or
// @std//bridge.star in another. Then everything the kernel lists in the two
// (links, bridge ports, addresses, routes, rules, neighbours, forwarding
// entries, proxies, nexthops, multicast databases, VLANs, labels, ids of
// namespaces, settings) must be the same, or both must have been refused for the
// same reason. It holds tests only.
//
// Times, counters and what is random are left out, by the role that the spec
// gives a field; link-layer addresses are compared, so commands give them.
//
// Rows whose command in needs fails are for other kernels: TestOtherKernels
// boots those of user-mode Linux and runs them there, in this test binary.
//
// TestWords is about what is missing: it reads the usage texts of the ip and
// bridge that are installed and gives each word to the call of its verb.
//
// To add a command: a row in one of the rows_*_test.go files.
package stdlib
