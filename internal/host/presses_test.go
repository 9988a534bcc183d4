package host_test

import (
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/host"
)

func TestPresses(t *testing.T) {
	start := time.Unix(1000, 0)
	var p host.Presses
	for i, tt := range []struct {
		after time.Duration
		want  bool
	}{{0, false}, {3 * time.Second, false}, {4 * time.Second, true}} {
		if got := p.Again(start.Add(tt.after)); got != tt.want {
			t.Errorf("%d: got %v", i, got)
		}
	}
}
