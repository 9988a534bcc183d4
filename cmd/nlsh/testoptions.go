package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/nlsh/nlsh/internal/scenario"
	"github.com/nlsh/nlsh/internal/session"
)

// options checks what the flags say.
func (s *testSettings) options() (err error) {
	if s.on, err = findKernels(s.kernels); err != nil {
		return err
	}
	if s.run != "" {
		if s.o.Run, err = regexp.Compile(s.run); err != nil {
			return fmt.Errorf("--run: %w", err)
		}
	}
	if s.o.Scale, err = timeScale(s.timeScale); err != nil {
		return err
	}
	if s.shuffle != "" {
		seed := rand.Uint64N(1 << 32)
		if s.shuffle != "random" {
			if seed, err = strconv.ParseUint(s.shuffle, 10, 64); err != nil {
				return fmt.Errorf("--shuffle: got %q, want a number", s.shuffle)
			}
		}
		s.o.Shuffle = &seed
	}
	if err := s.shardOption(); err != nil {
		return err
	}
	if s.skips != "" {
		if s.o.Skips, err = scenario.ReadSkips(s.skips); err != nil {
			return fmt.Errorf("--expect-skips: %w", err)
		}
	}
	for _, n := range []struct {
		name  string
		value int
		least int
	}{{"jobs", s.jobs, 1}, {"repeat", s.o.Repeat, 1}, {"retries", s.o.Retries, 0}, {"stress", s.stress, 0}} {
		if n.value < n.least {
			return fmt.Errorf("--%s: got %d, want at least %d", n.name, n.value, n.least)
		}
	}
	if s.o.Mutate != "" {
		if _, err := session.ParseMutation(s.o.Mutate); err != nil {
			return fmt.Errorf("--mutate: %w", err)
		}
	}
	if s.o.Timeout <= 0 {
		return fmt.Errorf("--timeout: got %s, want more than 0", s.o.Timeout)
	}
	if err := errors.Join(s.unreferencedOption(), s.reviewOption()); err != nil {
		return err
	}
	s.stressed()
	s.o.Tap = s.o.Tap || s.reports.html != ""
	if inCI() {
		if s.o.Update {
			return errors.New("--update: golden files are not written in CI ($CI is set)")
		}
		s.o.NoWrite = true
	}
	s.o.Specs, s.o.SpecPath = s.specs, s.specPath
	return nil
}

// stressed makes of --stress what it stands for.
func (s *testSettings) stressed() {
	if s.stress > 0 {
		s.o.Repeat, s.jobs = max(s.o.Repeat, s.stress), s.stress*runtime.NumCPU()
		s.o.Timeout *= time.Duration(s.stress) // so many share each CPU
	}
}

// inCI says whether a machine runs this, where nobody would see what is written.
func inCI() bool {
	v := os.Getenv("CI")
	return v != "" && v != "false" && v != "0"
}

func (s *testSettings) unreferencedOption() error {
	switch {
	case s.unreferenced == "":
		return nil
	case !slices.Contains([]string{"list", "fail", "delete"}, s.unreferenced):
		return fmt.Errorf("--unreferenced: got %q, want list, fail or delete", s.unreferenced)
	case !s.o.Whole():
		return errors.New("--unreferenced: want a whole run, without --run, --tag and --shard")
	case s.unreferenced == "delete" && inCI():
		return errors.New("--unreferenced delete: golden files are not deleted in CI ($CI is set)")
	}
	return nil
}

func (s *testSettings) shardOption() error {
	if s.shard == "" {
		return nil
	}
	n, err := fmt.Sscanf(s.shard, "%d/%d", &s.o.Shard[0], &s.o.Shard[1])
	if n != 2 || err != nil || s.o.Shard[0] < 1 || s.o.Shard[0] > s.o.Shard[1] {
		return fmt.Errorf("--shard: got %q, want a part of how many, as in 1/4", s.shard)
	}
	return nil
}
