package host

import "time"

// twice is the time within which a second signal ends nlsh at once.
const twice = 2 * time.Second

// Presses remembers when the last signal came, as from Ctrl-C: one soon after another means that what the first has asked for takes too long.
type Presses struct{ last time.Time }

// Again says whether a signal at the given time follows soon upon another.
func (p *Presses) Again(now time.Time) bool {
	soon := !p.last.IsZero() && now.Sub(p.last) < twice
	p.last = now
	return soon
}
