package differential

import (
	"slices"
	"testing"
)

func linkKey(f map[string]string) string { return "link " + f["ifindex"] }

func testLinks(t *testing.T, b *bench) {
	c := newComparison(t, "links")
	nlsh := func() []*object { return b.dump(t, "getlink", nil) }
	c.with(ipLinks, nlsh, func() []found { return show(t, linkKey, "ip", "-s", "-s", "link") })
	c.with(ipAddrLinks, nlsh, func() []found { return show(t, linkKey, "ip", "addr") })
	c.with(ipTokens, nlsh, func() []found { return ipTokenList(t, b) })
	c.with(vishLinks, nlsh, func() []found { return vishLinkList(t, b) })
	c.with(fileLinks, nlsh, func() []found { return linkFiles(t, b) })
	alone := aloneLinks
	if !countersInOrder() {
		alone = append(slices.Clone(alone), oldStats)
	}
	c.finish(alone, map[peer]int{byIP: 1000, byVish: 250, byFiles: 1500})
}

func testPorts(t *testing.T, b *bench) {
	c := newComparison(t, "bridge ports")
	nlsh := func() []*object { return b.dump(t, "getlink", map[string]any{"ifi-family": "bridge"}) }
	c.with(ipPorts, nlsh, func() []found { return show(t, linkKey, "bridge", "link") })
	c.with(vishPorts, nlsh, func() []found { return vishPortList(t, b) })
	c.finish(alonePorts, map[peer]int{byIP: 60, byVish: 10})
}
