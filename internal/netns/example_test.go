package netns_test

import (
	"fmt"
	"net"
	"testing"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
)

// A socket that was opened inside stays inside.
func ExampleDo() {
	blue, err := netns.NewNamed("blue")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer netns.Delete("blue")
	defer blue.Close()

	var listener net.Listener
	err = netns.Do(blue, func() (err error) {
		listener, err = net.Listen("tcp", "127.0.0.1:80")
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	fmt.Println("listening in", blue)
}

// The example has no Output comment, as go test cannot skip an example.
func TestExample(t *testing.T) {
	netnstest.Require(t)
	ExampleDo()
	wantNames(t)
}
