package operation

import (
	"context"
	"encoding/json"

	"dewpoint/internal/errs"
	"dewpoint/internal/store"
)

// Commit writes what a step has found out. It runs in the transaction that marks the step as done: both are there, or neither.
type Commit func(tx *store.Tx) error

// Step is one step of a kind whose params are a P.
type Step[P any] struct {
	Name string // for people: "copying the disk"
	// Do does the step. It must return soon after ctx ends. Unless Once is set it may be called again for a step that was cut off, and must then
	// come to the same end.
	Do func(ctx context.Context, r *Run[P]) (Commit, error)
	// Undo takes back what Do has done, or half done; nil where there is nothing to take back. It may be called again, and for a Do that had
	// not begun its work.
	Undo func(ctx context.Context, r *Run[P]) error
	// Skip, where it is given, tells by the params that there is nothing to do. It is asked once the step before is done, and both are marked together; so
	// the first step isn't asked. Undo is called for skipped steps too.
	Skip func(p P) bool
	// Once says that Do can't be repeated: when it was cut off by a crash, the operation is undone.
	Once bool
	// Weight is the step's part of the progress, beside those of the others; 0 counts as 1.
	Weight float64
}

// Run is one operation while it runs.
type Run[P any] struct {
	// Key is the operation's.
	Key int64
	// Params are as the request gave them. What a step changes here is kept with the mark that it is done, for the steps and undos behind it.
	Params P
	*Progress
	db     *store.DB
	result any
}

// View reads the rows that a step or an undo needs: all of one moment, without waiting for a writer. What is to be written is in the step's Commit.
func (r *Run[P]) View(ctx context.Context, f func(tx *store.Tx) error) error {
	return r.db.View(ctx, f)
}

// Result keeps what the operation has come to, as JSON.
func (r *Run[P]) Result(v any) { r.result = v }

// Spec says what a kind is, whose params are a P.
type Spec[P Params] struct {
	// AtOnce is how many operations of the kind may run at the same time; 0 counts as 1.
	AtOnce int
	// Insistent says that a step is tried again until it succeeds, somebody cancels, or it is Invalid, which it would always be. Else only a failure of
	// kind Unavailable is tried again, and not for ever.
	Insistent bool
	// Ready, where it is given, looks at the rows and returns what an operation still has to wait for before its first step, "" for nothing. It is
	// asked again in each pass.
	Ready func(tx *store.Tx, p P) (reason string, err error)
	// Together, where it is given, tells by the params that the first step has left whether the operation leaves alone all that the next one of the kind in
	// its queue works on. While they do, the first steps of those that wait behind each other are done beside each other and marked in one transaction.
	// The first step must not be Once.
	Together func(p P) bool
	Steps    []Step[P]
}

// Kind is a sort of operation. Make it with Define.
type Kind struct {
	name      string
	atOnce    int
	insistent bool
	together  bool
	steps     []about
	load      func(db *store.DB, key int64, params string, p *Progress) (bound, error)
	ready     func(tx *store.Tx, params string) (reason string, err error)
}

// about is what the runner has to know of a step.
type about struct {
	name   string
	once   bool
	weight float64
}

// bound are the steps of one operation, with its params.
type bound interface {
	do(ctx context.Context, step int) (Commit, error)
	undo(ctx context.Context, step int) error
	skip(step int) bool
	alone() bool
	params() (string, error)
	result() (string, error)
}

// Define declares a kind.
func Define[P Params](spec Spec[P]) Kind {
	var none P
	k := Kind{name: none.Operation(), atOnce: max(spec.AtOnce, 1), insistent: spec.Insistent, together: spec.Together != nil}
	for _, s := range spec.Steps {
		weight := s.Weight
		if weight == 0 {
			weight = 1
		}
		k.steps = append(k.steps, about{name: s.Name, once: s.Once, weight: weight})
	}
	k.load = func(db *store.DB, key int64, params string, p *Progress) (bound, error) {
		b := &typed[P]{spec: &spec, run: Run[P]{Key: key, Progress: p, db: db}}
		return b, json.Unmarshal([]byte(params), &b.run.Params)
	}
	k.ready = func(tx *store.Tx, params string) (string, error) {
		var p P
		if spec.Ready == nil || json.Unmarshal([]byte(params), &p) != nil {
			return "", nil // what can't be read is refused by the run, and holds up no other operation
		}
		return spec.Ready(tx, p)
	}
	return k
}

// typed are the steps with the params of their type.
type typed[P Params] struct {
	spec *Spec[P]
	run  Run[P]
}

func (b *typed[P]) do(ctx context.Context, step int) (Commit, error) {
	return b.spec.Steps[step].Do(ctx, &b.run)
}

func (b *typed[P]) undo(ctx context.Context, step int) error {
	if b.spec.Steps[step].Undo == nil {
		return nil
	}
	return b.spec.Steps[step].Undo(ctx, &b.run)
}

func (b *typed[P]) skip(step int) bool {
	return b.spec.Steps[step].Skip != nil && b.spec.Steps[step].Skip(b.run.Params)
}

func (b *typed[P]) alone() bool {
	return b.spec.Together != nil && b.spec.Together(b.run.Params)
}

func (b *typed[P]) params() (string, error) {
	text, err := json.Marshal(b.run.Params)
	return string(text), err
}

func (b *typed[P]) result() (string, error) {
	if b.run.result == nil {
		return "", nil
	}
	text, err := json.Marshal(b.run.result)
	return string(text), err
}

// repeats reports whether a step that was begun for the attempt-th time and failed so is worth another attempt.
func (k *Kind) repeats(err error, attempt int64) bool {
	if k.insistent {
		return !errs.Is(err, errs.Invalid)
	}
	return errs.Is(err, errs.Unavailable) && attempt < mostAttempts
}

// part returns how far the whole is, in percent, when the steps before step are done, and step is by that many percent.
func (k *Kind) part(step int, percent float64) float64 {
	total, done := 0.0, 0.0
	for i, s := range k.steps {
		total += s.weight
		if i < step {
			done += s.weight
		} else if i == step {
			done += s.weight * percent / 100
		}
	}
	return 100 * done / total
}
