// Package golden reads, writes and compares golden files: what scenarios are to print. It is text and nothing else; who runs a scenario,
// and what a value means, is not its business.
//
//	# nlsh golden 1
//	=== test_mtu
//	newlink
//	  mtu = 1400
//	=== test_quiet
//
// A file of one program has no such form: it is what the program writes, as it is ([Plain]).
//
// Any output can be written and read back: a line that would be taken for something else has a backslash in front, and
// an output whose last line has no end is followed by one that says so. Bytes that are not UTF-8 are not kept; see [Clean].
package golden
