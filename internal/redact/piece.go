package redact

import "github.com/nlsh/nlsh/internal/schema"

// Piece says what stands for a piece of an annotated message; redacted is false
// where its bytes may be shown. Lists are redacted as a whole. own says that the
// script has built the message.
func (t *Table) Piece(p schema.Piece, own bool) (text string, redacted bool) {
	if p.Row == nil {
		return "", false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n := value("", [3]string{}, p.Row, p.In, p.Val)
	if own {
		n.disclose()
	} else if p.Row.Role == schema.RoleMachine {
		return "<machine>", true
	}
	if n.Shape == Leaf {
		return t.text(n, true)
	}
	w := writer{t: t, assign: true}
	if !w.secret(n) {
		return "", false
	}
	lines := w.lines(n.whole())
	if len(lines) != 1 {
		return "<" + p.Row.Name + ">", true
	}
	return lines[0], true
}

// secret reports whether anything in the node is not what it is written as.
func (w *writer) secret(n *Node) bool {
	if n.row != nil {
		_, redacted := w.t.text(n, w.assign)
		return redacted
	}
	for _, k := range n.Kids {
		if w.secret(k) {
			return true
		}
	}
	return false
}
