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
}

func newOutput(w io.Writer, eager bool) *output {
	if w == nil {
		w = io.Discard
	}
	return &output{w: bufio.NewWriterSize(w, 16<<10), eager: eager}
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
