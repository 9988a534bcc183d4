package guest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// across connects the host's end of a line with pipes as a guest has them, and returns the guest's end.
func across(t *testing.T, over func()) (*lines, *os.File) {
	t.Helper()
	l, err := newLines()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	ours, theirs, err := linePair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = theirs.Close() })
	l.exchange(ours).start(over)
	return l, theirs
}

func none(t *testing.T) func() { return func() { t.Error("the guest is ended") } }

// The lines of a guest go through one, all of them at once, and each keeps its bytes.
func TestLine(t *testing.T) {
	l, theirs := across(t, none(t))
	g := &guestLine{f: theirs}
	sent := strings.Repeat("0123456789abcdef", 3*maxPacket/16)
	go func() {
		_, err := io.WriteString(l.in[1], sent)
		if err = errors.Join(err, l.in[1].Close()); err != nil {
			t.Error(err)
		}
	}()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(g, got); err != nil || string(got) != sent {
		t.Fatalf("got %d bytes, %v, want those that were sent", len(got), err)
	}
	go func() {
		for _, c := range []byte{frameOut, frameErr, frameStatus} {
			if n, err := (channel{g, c}).Write([]byte(sent + string(c))); n != len(sent)+1 || err != nil {
				t.Errorf("wrote %d, %v", n, err)
			}
		}
		_ = theirs.Close()
	}()
	for i, from := range []*os.File{l.out[0], l.errs[0], l.status[0]} {
		got, err := io.ReadAll(from)
		if want := sent + string("oes"[i]); err != nil || string(got) != want {
			t.Errorf("line %d: got %d bytes, %v, want %d", i, len(got), err, len(want))
		}
	}
}

// A serial port loses what the guest does not read: there is never more on the way than one packet.
func TestLineWaits(t *testing.T) {
	l, theirs := across(t, none(t))
	go func() { _, _ = io.WriteString(l.in[1], strings.Repeat("x", 3*maxPacket)) }()
	first, err := readFrame(theirs)
	if err != nil || len(first) == 0 || len(first) > maxPacket {
		t.Fatalf("got %d bytes, %v", len(first), err)
	}
	// What would come came at once; so a while of silence is enough.
	ready, err := unix.Poll([]unix.PollFd{{Fd: int32(theirs.Fd()), Events: unix.POLLIN}}, 50)
	if err != nil || ready != 0 {
		t.Errorf("got %d, %v: want nothing, since the guest has not said that it has the first packet", ready, err)
	}
}

// A guest that says what nobody understands is ended, and the status says why.
func TestLineOutOfStep(t *testing.T) {
	for name, bytes := range map[string]string{"kind": "\x01\x00\x00\x00?", "length": "\xff\xff\xff\xff"} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan bool, 1)
			l, theirs := across(t, func() { ended <- true })
			if _, err := io.WriteString(theirs, bytes); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(l.status[0])
			if err != nil || !strings.Contains(string(got), "out of step") || !<-ended {
				t.Errorf("got %q, %v, want the reason", got, err)
			}
		})
	}
}

// Who does not listen to one of the lines does not keep the others from it, nor does a guest that ends in the middle of a frame.
func TestLineNobodyListens(t *testing.T) {
	l, theirs := across(t, none(t))
	if err := l.out[0].Close(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	g := &guestLine{f: &b}
	for _, kind := range []byte{frameTaken, frameOut, frameErr} {
		if _, err := (channel{g, kind}).Write([]byte("heard")); err != nil {
			t.Fatal(err)
		}
	}
	b.WriteString("\x09\x00\x00\x00o")
	if _, err := io.Copy(theirs, &b); err != nil {
		t.Fatal(err)
	}
	_ = theirs.Close()
	if got, err := io.ReadAll(l.errs[0]); err != nil || string(got) != "heard" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := io.ReadAll(l.status[0]); err != nil || len(got) != 0 {
		t.Errorf("got status %q, %v, want none", got, err)
	}
}
