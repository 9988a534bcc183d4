package repl

import (
	"fmt"
	"sync"

	"github.com/nlsh/nlsh/internal/host"
)

// Ended is told of tasks that have failed, by the host (see host.Options), and passes on what nobody has asked for: while a statement runs,
// which may ask, it waits for its end.
type Ended struct {
	mu   sync.Mutex
	busy bool
	list []*host.Task
	say  func(*host.Task, error) // nil before the session has begun
}

// Add is for host.Options.
func (e *Ended) Add(t *host.Task) {
	e.mu.Lock()
	e.list = append(e.list, t)
	wait := e.busy
	e.mu.Unlock()
	if !wait {
		e.tell()
	}
}

func (e *Ended) report(say func(*host.Task, error)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.say = say
}

// hold is before a statement runs.
func (e *Ended) hold() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.busy = true
}

// tell is after it.
func (e *Ended) tell() {
	e.mu.Lock()
	list, say := e.list, e.say
	e.busy = false
	if say != nil {
		e.list = nil
	}
	e.mu.Unlock()
	if say == nil {
		return
	}
	for _, t := range list {
		if err := t.Hear(); err != nil {
			say(t, err)
		}
	}
}

// taskFailed shows the error of a task.
func (s *session) taskFailed(t *host.Task, err error) {
	s.failed.Store(&failure{host.Format(err, s.Settings.On(WithColor)), t.Frames()})
	s.report(err)
}

// tasks is :tasks.
func (s *session) tasks(string) error {
	for _, t := range s.owner.Tasks() {
		s.Editor.Print(fmt.Sprintf("  %-16s %s\n", t.Name(), t.Pos))
	}
	return nil
}
