package repl

import (
	"os"
	"syscall"
	"testing"
)

// What comes while Ctrl-C is held never ends what runs, however late it is noticed; what comes after that does.
func TestHold(t *testing.T) {
	in := catch(func(sig syscall.Signal, now bool) { t.Errorf("%v ends the session, now %v", sig, now) })
	defer in.stop()
	kill := func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		ended := make(chan error, 8)
		in.begin(func(cause error) { ended <- cause })
		release := in.hold()
		kill()
		kill()
		release()
		select {
		case cause := <-ended:
			t.Fatalf("%v", cause)
		default:
		}
		in.end()
	}
	ended := make(chan error, 8)
	in.begin(func(cause error) { ended <- cause })
	in.hold()()
	kill()
	if cause := <-ended; cause != (interruption{}) {
		t.Errorf("got %v", cause)
	}
	in.end()
}
