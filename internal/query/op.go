package query

import (
	"slices"

	"dewpoint/internal/schema"
)

// Op names a comparison, as the filter language writes it; those that only plans have are two words.
type Op string

// Operator is all that depends on which comparison it is, but its SQL, which package store has. A new one is a record in one of the lists below,
// and a line there. Each is false on null except eq with a null on the right, ne, and the two that ask for null, so that ne is the complement of
// eq. Letters count as equal in upper and lower case only where said.
type Operator struct {
	Op Op
	// Also are other words for it.
	Also []string
	// Doc is what it holds for, in few words; empty for what only plans have.
	Doc string
	// List says that on its right stands a list in parentheses, and not one value.
	List bool
	// Text says that it looks at its left side as text, whatever the column holds, and takes time that depends on the texts.
	Text bool

	// plan gives the comparison constants of the storage class of its left side, and may end in another operator.
	plan func(b *builder, n Node, c *Compare) (Pred, error)
	// Holds tells whether a value and the constants of a plan meet it; it is how the naive evaluator answers. Nil where plans never have it.
	Holds func(left schema.Value, right []schema.Value) bool
}

// operators are all of them, in the order of documents.
var operators = slices.Concat(orderOperators, textOperators, listOperators)

// byName finds operators, byWord those that the language has, by all their words.
var byName, byWord = func() (map[Op]*Operator, map[string]*Operator) {
	names, words := map[Op]*Operator{}, map[string]*Operator{}
	for i := range operators {
		o := &operators[i]
		names[o.Op] = o
		for _, w := range o.Words() {
			words[w] = o
		}
	}
	return names, words
}()

// Operators returns all operators in the order of documents. The slice is the caller's.
func Operators() []Operator { return slices.Clone(operators) }

// Words are how the language writes the operator, the usual one first; it has none for those that only plans have.
func (o Operator) Words() []string {
	if o.plan == nil {
		return nil
	}
	return append([]string{string(o.Op)}, o.Also...)
}

// Holds evaluates a comparison of a plan.
func (c *Cmp) Holds(left schema.Value) bool { return byName[c.Op].Holds(left, c.Right) }
