package host

import (
	"bufio"
	"io"
	"sync"
)

// output is the buffered standard output of all threads. After an error every further write fails.
type output struct {
	mu    sync.Mutex
	w     *bufio.Writer
	eager bool
	to    *sink
}

// sink is where the buffer is written out. Whoever sees output of a script that still runs may take
// it for a sign to send it a signal, so signals are caught from then on.
type sink struct {
	io.Writer
	arm func()
}

func (s *sink) Write(p []byte) (int, error) {
	if s.arm != nil {
		s.arm()
	}
	return s.Writer.Write(p)
}

func newOutput(w io.Writer, eager bool, arm func()) *output {
	if w == nil {
		w = io.Discard
	}
	to := &sink{w, arm}
	return &output{w: bufio.NewWriterSize(to, 16<<10), eager: eager, to: to}
}

// finish writes out the rest: the script is over, and there is nothing left to interrupt.
func (o *output) finish() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	arm := o.to.arm
	o.to.arm = nil
	defer func() { o.to.arm = arm }()
	return outputError(o.w.Flush())
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.w.Write(p)
	if err == nil && o.eager {
		err = o.w.Flush()
	}
	return n, outputError(err)
}

func (o *output) line(s string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.w.WriteString(s)
	if err == nil {
		err = o.w.WriteByte('\n')
	}
	if err == nil && o.eager {
		err = o.w.Flush()
	}
	return outputError(err)
}

func (o *output) Flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return outputError(o.w.Flush())
}

func outputError(err error) error {
	if err == nil {
		return nil
	}
	return &OutputError{Err: err}
}
