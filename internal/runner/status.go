package runner

import (
	"errors"
	"io"
	"syscall"

	"github.com/nlsh/nlsh/internal/host"
	"golang.org/x/sys/unix"
)

// Exit statuses of nlsh. A signal that ends it adds 128 to its number, as a shell would say.
const (
	Done   = 0
	Failed = 1
	Usage  = 2
	Broken = 70 // a defect of nlsh

	bySignal = 128
)

// Signal is the cause of a context that a signal ended.
type Signal syscall.Signal

func (s Signal) Error() string {
	if syscall.Signal(s) == syscall.SIGINT {
		return "interrupted"
	}
	return "interrupted by " + unix.SignalName(syscall.Signal(s))
}

// Status is the exit status after the signal.
func (s Signal) Status() int { return bySignal + int(s) }

// report shows the error of a run and returns the exit status that goes with it.
func report(o Options, err error) int {
	_, _ = io.WriteString(o.Host.Stderr(), host.Format(err, o.Color))
	var defect *host.Defect
	if errors.As(err, &defect) {
		_, _ = o.Host.Stderr().Write(defect.Stack)
	}
	return status(err)
}

// status returns the exit status for an error.
func status(err error) int {
	var (
		defect      *host.Defect
		exit        *host.ExitError
		interrupted *host.Interrupted
		output      *host.OutputError
		file        *fileError
		signal      Signal
	)
	switch {
	case err == nil:
		return Done
	case errors.As(err, &defect):
		return Broken
	case errors.As(err, &exit):
		if exit.Code == Done && host.Format(err, false) != "" { // something could not be closed
			return Failed
		}
		return exit.Code
	case errors.As(err, &signal):
		return signal.Status()
	case errors.As(err, &interrupted):
		return Signal(syscall.SIGINT).Status()
	case errors.As(err, &output) && errors.Is(output.Err, syscall.EPIPE):
		return Signal(syscall.SIGPIPE).Status() // as with `nlsh ... | head`
	case errors.As(err, &file):
		return Usage
	}
	return Failed
}
