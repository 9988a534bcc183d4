package host

import "time"

// twice is the time within which a second signal ends nlsh at once.
const twice = 2 * time.Second

// together is the time within which nobody presses twice. One press may come as two signals: at the first start of a program package os
// forks a process that shares the memory of this one, signals not blocked (syscall.doCheckClonePidfd of Go 1.26), and what the terminal sends to
// that lands here.
const together = 20 * time.Millisecond

// Presses remembers when the last signal came, as from Ctrl-C: one soon after another means that what the first has asked for takes too long.
type Presses struct{ last time.Time }

// Again says whether a signal at the given time follows soon upon another.
func (p *Presses) Again(now time.Time) bool {
	since := now.Sub(p.last)
	if !p.last.IsZero() && since < together {
		return false
	}
	soon := !p.last.IsZero() && since < twice
	p.last = now
	return soon
}
