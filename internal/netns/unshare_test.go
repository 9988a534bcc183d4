package netns

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLasting(t *testing.T) {
	for _, c := range []struct {
		errs []error // of each call; the last one for good
		want error
		n    int
	}{
		{[]error{nil}, nil, 1},
		{[]error{unix.ENOMEM, unix.ENOMEM, nil}, nil, 3},
		{[]error{unix.EPERM}, unix.EPERM, 1},
		{[]error{unix.ENOMEM, unix.EPERM}, unix.EPERM, 2},
		{[]error{unix.ENOMEM}, unix.ENOMEM, 6},
	} {
		n := 0
		err := lasting(func() error {
			n++
			return c.errs[min(n, len(c.errs))-1]
		})
		if !errors.Is(err, c.want) || n != c.n {
			t.Errorf("%v: got %v after %d calls, want %v after %d", c.errs, err, n, c.want, c.n)
		}
	}
}
