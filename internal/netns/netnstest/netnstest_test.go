package netnstest_test

import (
	"net"
	"os"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { netnstest.Main(m) }

func TestPlayground(t *testing.T) {
	netnstest.Require(t)
	if unix.Gettid() == os.Getpid() {
		t.Error("a test runs on the main thread")
	}
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	if links[0].Name != "lo" || links[0].Flags&net.FlagUp == 0 {
		t.Errorf("got %v first, want lo, up", links[0])
	}
	if names, err := netns.List(); err != nil || len(names) != 0 {
		t.Errorf("names %q, %v: want a /run/netns of its own", names, err)
	}
}

func TestNew(t *testing.T) {
	var h *netns.Handle
	t.Run("inner", func(t *testing.T) {
		if h = netnstest.New(t); h.Closed() {
			t.Error("closed already")
		}
	})
	if h != nil && !h.Closed() {
		t.Error("still open after its test")
	}
}
