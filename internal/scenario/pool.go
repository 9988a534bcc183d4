package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/nlsh/nlsh/internal/netns"
)

// Executor runs jobs somewhere.
type Executor interface {
	// Run calls done with one result for each job, from one goroutine at a time, in the order in which they end. When ctx ends, it
	// returns early, its cause.
	Run(ctx context.Context, jobs []Job, done func(*Result)) error
}

// Pool runs jobs in worker processes of this machine.
type Pool struct {
	Workers int      // 0 is 1
	Args    []string // with which this program is a worker
	Env     []string // "K=V", added
	Plain   bool     // the machine is the run's: workers get no namespaces, and Args say that

	// Start starts a worker elsewhere, in a machine of its own: a guest. It takes over the files. nil is a process of this machine.
	Start func(ctx context.Context, args []string, in, out, errOut *os.File) (Process, error)

	Grace time.Duration // how long after its timeout a worker may take to say so; 0 is 2 s
	Slow  float64       // by how much workers are slower than most; 0 is 1

	noPIDs bool // this machine gives no namespaces of process ids
	mu     sync.Mutex
}

// Run implements [Executor].
func (p *Pool) Run(ctx context.Context, jobs []Job, done func(*Result)) error {
	var shared, alone []Job
	for _, job := range jobs {
		if job.exclusive {
			alone = append(alone, job)
		} else {
			shared = append(shared, job)
		}
	}
	if err := p.run(ctx, shared, min(len(shared), max(1, p.Workers)), done); err != nil {
		return err
	}
	workers := 1
	if p.Start != nil {
		workers = max(1, p.Workers) // each on a machine of its own
	}
	return p.run(ctx, alone, min(len(alone), workers), done)
}

func (p *Pool) run(ctx context.Context, jobs []Job, workers int, done func(*Result)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan *Job, len(jobs))
	for i := range jobs {
		queue <- &jobs[i]
	}
	close(queue)
	var wg sync.WaitGroup
	var one sync.Mutex
	for range workers {
		wg.Go(func() {
			// A worker dies with the thread that has started it.
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			s := &seat{pool: p, ctx: ctx}
			defer s.end()
			for job := range queue {
				if ctx.Err() != nil {
					return
				}
				r, err := s.do(job)
				if err != nil {
					cancel(err)
					return
				}
				one.Lock()
				done(r)
				one.Unlock()
				if job.exclusive && p.Start != nil {
					s.end() // the next one finds a machine that nobody has changed
				}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// seat is where a worker sits, one after the other: one that hangs or dies is replaced.
type seat struct {
	pool *Pool
	ctx  context.Context
	proc Process
	in   *os.File
	out  *os.File
	dec  *json.Decoder
	err  *tail
	hello
}

// do has a worker run a job. An error is one that no other worker would be free of.
func (s *seat) do(job *Job) (*Result, error) {
	if s.proc == nil {
		if err := s.begin(); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	var got reply
	late := false
	err := s.within(job.Timeout+s.pool.grace(), &late, func() error {
		if err := json.NewEncoder(s.in).Encode(job); err != nil {
			return err
		}
		return s.dec.Decode(&got)
	})
	if err == nil {
		got.Result.Expected = got.Expected
		return &got.Result, nil
	}
	state, noise := s.end()
	if s.ctx.Err() != nil {
		return nil, context.Cause(s.ctx)
	}
	r := &Result{ID: job.ID, Test: job.Test, Name: job.Name, Kernel: s.Kernel, Verdict: Broken, Elapsed: time.Since(began),
		Reason: "its worker died: " + state, Error: noise}
	if late {
		r.Verdict = Timeout
		r.Reason = fmt.Sprintf("it took more than %s, did not notice that it was interrupted, and was killed", job.Timeout)
	}
	return r, nil
}

func (p *Pool) grace() time.Duration {
	if p.Grace > 0 {
		return p.Grace
	}
	return p.slowly(2 * time.Second)
}

// slowly is how long something may take that takes others so long.
func (p *Pool) slowly(d time.Duration) time.Duration {
	return time.Duration(float64(d) * max(p.Slow, 1))
}

// within calls fn, which talks to the worker, and kills that when it takes too long or the run is over.
func (s *seat) within(limit time.Duration, late *bool, fn func() error) error {
	process := s.proc
	var mu sync.Mutex
	timer := time.AfterFunc(limit, func() {
		mu.Lock()
		defer mu.Unlock()
		*late = true
		process.Kill()
	})
	stop := context.AfterFunc(s.ctx, process.Kill)
	err := fn()
	timer.Stop()
	stop()
	mu.Lock() // late is not written any more
	defer mu.Unlock()
	return err
}

// Process is where a worker runs.
type Process interface {
	Kill()        // may come at any time, also after the end
	Wait() string // how it ended
}

// command is a process of this machine.
type command struct{ *exec.Cmd }

// Kill implements [Process].
func (c command) Kill() { _ = c.Process.Kill() } // it has ended, then

// Wait implements [Process].
func (c command) Wait() string {
	_ = c.Cmd.Wait() // its state tells
	return c.ProcessState.String()
}

// spawn starts a process of this machine.
func (p *Pool) spawn(pids bool, in, out, errOut *os.File) (Process, error) {
	defer in.Close()
	defer out.Close()
	defer errOut.Close()
	opts := netns.RootlessOptions{Args: p.Args, Env: p.Env, Stdin: in, Stdout: out, Stderr: errOut}
	var cmd *exec.Cmd
	var err error
	if p.Plain {
		cmd, err = netns.SpawnHere(opts)
	} else {
		cmd, err = netns.Spawn(opts, pids)
	}
	if err != nil {
		return nil, err
	}
	return command{cmd}, nil
}

// begin starts a worker and hears from it.
func (s *seat) begin() error {
	for {
		pids := s.pool.pids(true)
		err := s.start(pids)
		if err != nil {
			return err
		}
		late := false
		s.hello = hello{}
		limit := s.pool.slowly(startLimit)
		err = s.within(limit, &late, func() error { return s.dec.Decode(&s.hello) })
		if err == nil && s.hello.Error == "" {
			return nil
		}
		state, noise := s.end()
		switch {
		case s.ctx.Err() != nil:
			return context.Cause(s.ctx)
		case s.hello.Error != "":
			return errors.New("worker: " + s.hello.Error)
		case late:
			return fmt.Errorf("worker: got nothing from it within %s", limit)
		case !pids || s.pool.Start != nil:
			if noise = strings.TrimSpace(noise); noise != "" {
				state += ": " + noise
			}
			return errors.New("worker: it could not start: " + state)
		}
		s.pool.pids(false) // its own /proc may be what was refused
	}
}

// startLimit is how long a worker may take to say hello, on a machine that is busy.
const startLimit = 30 * time.Second

// pids says whether workers get a namespace of process ids; false is that they cannot.
func (p *Pool) pids(can bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noPIDs = p.noPIDs || !can
	return !p.noPIDs
}

func (s *seat) start(pids bool) error {
	jobs, in, err := os.Pipe()
	if err != nil {
		return err
	}
	out, results, err := os.Pipe()
	if err != nil {
		return errors.Join(err, jobs.Close(), in.Close())
	}
	noise, errOut, err := os.Pipe()
	if err != nil {
		return errors.Join(err, jobs.Close(), in.Close(), out.Close(), results.Close())
	}
	if s.pool.Start != nil {
		s.proc, err = s.pool.Start(s.ctx, s.pool.Args, jobs, results, errOut)
	} else {
		s.proc, err = s.pool.spawn(pids, jobs, results, errOut)
	}
	if err != nil {
		s.proc = nil
		return errors.Join(err, in.Close(), out.Close(), noise.Close())
	}
	s.in, s.out, s.dec = in, out, json.NewDecoder(out)
	s.err = &tail{from: noise, done: make(chan struct{})}
	go s.err.read()
	return nil
}

// end lets the worker go and returns how it ended, and the last that it wrote to standard error.
func (s *seat) end() (state, noise string) {
	if s.proc == nil {
		return "", ""
	}
	_ = s.in.Close() // there are no more jobs, so it ends by itself; or it is dying, and how tells something
	kill := time.AfterFunc(farewell, s.proc.Kill)
	state = s.proc.Wait()
	kill.Stop()
	_ = s.out.Close()
	noise = s.err.end()
	s.proc = nil
	return state, noise
}

// farewell is how long a worker that has nothing to do may take to end.
const farewell = time.Second

// tail keeps the last of what a worker writes to standard error.
type tail struct {
	from *os.File
	text []byte
	done chan struct{}
}

const tailSize = 64 << 10

func (t *tail) read() {
	defer close(t.done)
	defer t.from.Close()
	buf := make([]byte, 4096)
	for {
		n, err := t.from.Read(buf)
		t.text = append(t.text, buf[:n]...)
		if len(t.text) > 2*tailSize {
			t.text = append([]byte(nil), t.text[len(t.text)-tailSize:]...)
		}
		if err != nil {
			return
		}
	}
}

// end returns what there is, once the worker has ended. A program that it has left may hold the other end open.
func (t *tail) end() string {
	_ = t.from.SetReadDeadline(time.Now().Add(farewell)) // fails if it is closed, and then there is nothing to wait for
	<-t.done
	return string(t.text)
}
