package main

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/nlsh/nlsh/internal/capture"
	"github.com/nlsh/nlsh/internal/session"
)

// recording writes what a tap sees to a pcap file, each datagram at once: what
// a script that is killed had sent by then is what one wants to know.
type recording struct {
	file *os.File

	mu  sync.Mutex // tasks send and receive at the same time
	w   *capture.Writer
	err error // the first
}

// record begins the file of --pcap, if there is to be one. nil does nothing.
func record(path string) (*recording, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("--pcap: %w", err)
	}
	w, err := capture.NewWriter(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--pcap: %w", err), file.Close())
	}
	return &recording{file: file, w: w}, nil
}

// tap is what Config.Tap takes.
func (r *recording) tap() func(session.Tapped) {
	if r == nil {
		return nil
	}
	return func(t session.Tapped) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.err == nil {
			r.err = r.w.Write(capture.Packet{Time: t.Time, ToKernel: t.Sent && t.Peer == 0 && t.Group == 0, Proto: t.Proto, Data: t.Data})
		}
	}
}

// close ends the file, and says what went wrong with it.
func (r *recording) close() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := errors.Join(r.err, r.file.Close()); err != nil {
		return fmt.Errorf("--pcap: %w", err)
	}
	return nil
}
