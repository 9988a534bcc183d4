package repl

import (
	"os"

	"golang.org/x/sys/unix"
)

// termios is how a terminal was found.
type termios struct {
	fd    int
	found unix.Termios
}

func saved(f *os.File) (*termios, error) {
	got, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return nil, err
	}
	return &termios{int(f.Fd()), *got}, nil
}

// raw makes every key a byte. Output is left as it is: what runs in the background goes on printing lines.
func (t *termios) raw() error {
	mode := t.found
	mode.Iflag &^= unix.BRKINT | unix.ICRNL | unix.INPCK | unix.ISTRIP | unix.IXON
	mode.Lflag &^= unix.ECHO | unix.ICANON | unix.IEXTEN | unix.ISIG
	mode.Cflag = mode.Cflag&^unix.CSIZE | unix.CS8
	mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 1, 0
	return t.set(&mode)
}

// leave is the way from raw to how it was found, on which no Ctrl-C is lost: from where it is a signal again on, ahead is called with how many
// bytes there are from before.
func (t *termios) leave(ahead func(waiting int)) error {
	mode, err := unix.IoctlGetTermios(t.fd, unix.TCGETS)
	if err != nil {
		return err
	}
	if mode.Lflag&unix.ICANON == 0 {
		mode.Lflag |= unix.ISIG
		if err := t.set(mode); err != nil {
			return err
		}
		waiting, err := unix.IoctlGetInt(t.fd, unix.TIOCINQ)
		if err != nil {
			waiting = 0
		}
		ahead(waiting)
	}
	return t.restore()
}

func (t *termios) restore() error { return t.set(&t.found) }

// set waits for what was written before, which a signal may interrupt.
func (t *termios) set(mode *unix.Termios) error {
	for {
		if err := unix.IoctlSetTermios(t.fd, unix.TCSETSW, mode); err != unix.EINTR {
			return err
		}
	}
}

// Width is how many columns there are, 80 where that is not known.
func Width(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return 80
	}
	return int(size.Col)
}
