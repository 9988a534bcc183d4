package differential

import "testing"

// TestTopology compares all that is in the topology. The namespaces are made
// once; nothing changes them but the last comparison.
func TestTopology(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		name    string
		compare func(t *testing.T, b *bench)
	}{
		{"links", testLinks},
		{"ports", testPorts},
		{"addresses", testAddresses},
		{"routes", testRoutes},
		{"neighbours", testNeighbours},
		{"forwarding", testForwarding},
		{"rules", testRules},
		{"nexthops", testNexthops},
		{"settings", testSettings},
		{"multicast", testMulticast},
	} {
		t.Run(c.name, func(t *testing.T) { c.compare(t, b) })
	}
}
