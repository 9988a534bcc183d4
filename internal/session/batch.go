package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/sock"
)

// Result is what became of one request of a batch.
type Result struct {
	Reply
	Err error // an *Error, an *UndoneError, sock.ErrLost or sock.ErrNotSent
}

// UndoneError is a request that had nothing wrong with it, in a transaction
// that was not carried out because of another.
type UndoneError struct {
	Index int // of this one
	Cause int // of the first that was refused
}

func (e *UndoneError) Error() string {
	return fmt.Sprintf("not done, because messages[%d] of the transaction was refused", e.Cause)
}

// Batch sends many requests in few system calls and returns a result for each.
// One that fails does not keep the others from being carried out, unless they
// are a transaction: from an operation that begins one to the operation that
// ends it. The error is that of the exchange as a whole.
func (f *Family) Batch(ctx context.Context, reqs []*Request, o CallOptions) ([]Result, error) {
	if f.Closed() {
		return nil, ErrClosed
	}
	single, err := transaction(reqs)
	if err != nil {
		return nil, err
	}
	msgs := make([][]byte, len(reqs))
	for i, r := range reqs {
		msgs[i] = r.Bytes
	}
	f.sent(reqs...)
	ctx, err = f.gate.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { f.gate.leave(f.conn.Closed()) }()
	how := sock.TransactOptions{Timeout: o.Timeout}
	if single {
		how.Single, how.Ack = true, sock.AckInside
	}
	outs, err := f.conn.Transact(ctx, msgs, how)
	results := f.results(reqs, outs)
	if single {
		undo(results)
	}
	return results, err
}

func (f *Family) results(reqs []*Request, outs []sock.Outcome) []Result {
	results := make([]Result, len(outs))
	for i := range outs {
		results[i].Reply = *f.reply(reqs[i], &outs[i])
		if e := outs[i].Err(); e != nil {
			results[i].Err = f.wrap(reqs[i], e)
			var ke *Error
			if errors.As(results[i].Err, &ke) {
				ke.Index = i
			}
		}
	}
	return results
}

// transaction reports whether the requests are one. The brackets must be where
// they belong: a begin opens a transaction only as the first message of a
// datagram, and what has no end is thrown away without a word
// (net/netfilter/nfnetlink.c nfnetlink_rcv, nfnetlink_rcv_batch).
func transaction(reqs []*Request) (bool, error) {
	bracketed := func(r *Request) bool { return r.Op.Bracket != schema.NoBracket }
	if !slices.ContainsFunc(reqs, bracketed) {
		return false, nil
	}
	last := len(reqs) - 1
	for i, r := range reqs {
		want := ""
		switch {
		case i == 0 && r.Op.Bracket != schema.Begin:
			want = "the begin of the transaction"
		case i == last && r.Op.Bracket != schema.End:
			want = "the end of the transaction"
		case i > 0 && i < last && r.Op.Bracket != schema.NoBracket:
			want = "an operation inside of the transaction"
		}
		if want != "" {
			return false, &schema.Error{
				Path: fmt.Sprintf("messages[%d]", i), Got: r.Op.Key, Want: want,
				Hint: "a transaction is one batch, from its begin to its end",
			}
		}
	}
	return true, nil
}

// undo tells those that had nothing wrong with them: the kernel looks at all
// of a transaction and acknowledges them too, and then carries out nothing.
func undo(results []Result) {
	var ke *Error
	first := slices.IndexFunc(results, func(r Result) bool { return errors.As(r.Err, &ke) })
	if first < 0 {
		return
	}
	for i := range results {
		if r := &results[i]; !errors.As(r.Err, &ke) {
			*r = Result{Err: &UndoneError{Index: i, Cause: first}}
		}
	}
}
