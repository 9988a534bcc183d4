// Package differential compares what nlsh decodes with what others make of the
// same kernel: ip and bridge of iproute2 ("ip -j"), the Go library
// vishvananda/netlink, and the kernel's own text files under /proc and /sys.
// It holds tests only.
//
// The topology is that of ../shared/ynl/topology.sh, built in namespaces of the
// test's own. Every object must be there on both sides, once. Every key that a
// peer prints must equal what a row of a table here makes of nlsh's fields, or
// be excepted with a reason; and every attribute the kernel sent must have been
// part of a comparison, or be excepted with a reason. So nothing goes unseen in
// either direction:
//
//	go test -v ./tests/differential    # prints totals and the exceptions in use
//
// What changes by itself is not masked: nlsh dumps before and after the peer,
// and where the two differ the peer's number must lie between them.
//
// To add a field: add a row to the table of its object (ip_*_test.go,
// vish_*_test.go, files_test.go). A new kernel attribute fails the test until
// there is one, or a line in exceptions_test.go says why there is none.
package differential
