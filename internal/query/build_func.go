package query

import (
	"slices"
	"time"

	"dewpoint/internal/schema"
)

// call resolves a function. What stands before it leads to the row that its argument belongs to: status#display(status).
func (b *builder) call(at spot, o *Operand) (Node, error) {
	if agg, ok := aggregates[o.Func]; ok {
		return b.aggregate(at, o, agg)
	}
	if len(o.Path) == 0 {
		return b.apply(at, o)
	}
	return b.walk(at, o.Path, func(end spot, rest []string) (Node, error) {
		return b.step(end, func(next spot) (Node, error) { return b.apply(next, o) })
	})
}

// apply resolves a function whose argument belongs to the row at a place.
func (b *builder) apply(at spot, o *Operand) (Node, error) {
	switch o.Func {
	case "display":
		return b.displayOf(at, o.Arg)
	case "collapse":
		return b.collapse(at, o.Arg)
	}
	name, ok := functions[o.Func]
	if !ok {
		return nil, b.invalid("unknown_function", "there is no function %s here", clip(o.Func))
	}
	arg, err := b.output(at, o.Arg)
	if err != nil {
		return nil, err
	}
	return b.function(name, arg)
}

// function checks the argument's type and takes the unit of a time from the column.
func (b *builder) function(name FuncName, arg Node) (Node, error) {
	if _, null := arg.(Null); null {
		return arg, nil
	}
	if arg.Storage() == schema.NoColumn {
		return nil, b.invalid("bad_function", "the function needs a single value")
	}
	if name == FuncDatetime || name == FuncDiskspace {
		if arg.Storage() != schema.Integer {
			return nil, b.invalid("bad_function", "datetime and diskspace need a number")
		}
		if c, ok := arg.(*Cell); ok && c.Field != nil && name == FuncDatetime {
			switch unit, _ := c.Field.Tick(); unit {
			case time.Millisecond:
				name = FuncMillis
			case time.Microsecond:
				name = FuncMicros
			}
		}
	}
	if name != FuncHex && name != FuncDatetime && name != FuncDiskspace && name != FuncMillis && name != FuncMicros || arg.Storage() == schema.Float {
		arg = asText(arg)
	}
	return &Func{name, arg}, nil
}

// displayOf is what people see of a column: the label of an enum value, the display name of a row.
func (b *builder) displayOf(at spot, o *Operand) (Node, error) {
	if o.Func != "" || o.List != nil {
		return nil, b.invalid("bad_function", "display needs a column")
	}
	return b.walk(at, o.Path, func(end spot, rest []string) (Node, error) {
		switch {
		case len(rest) > 0 || end.field != nil && end.field.IsRows():
			return nil, b.invalid("bad_function", "display needs a single value")
		case end.field != nil && end.field.IsRow():
			return b.step(end, b.display)
		}
		n, err := b.value(end)
		if err != nil || end.field == nil || len(end.field.Enum) == 0 {
			return n, err
		}
		return &Label{n, end.field.Enum}, nil
	})
}

// collapse takes the brackets off: one entry gives its value alone, and of a list only the first row is taken.
func (b *builder) collapse(at spot, o *Operand) (Node, error) {
	if o.Func != "" {
		return b.call(at, o)
	}
	return b.walk(at, o.Path, func(end spot, rest []string) (Node, error) {
		bare := func(row spot) (Node, error) {
			if o.List == nil {
				return b.value(spot{scope: row.scope, src: row.src, name: "$key"})
			}
			n, err := b.object(row, o.List)
			if err != nil || len(n.(*Object).Columns) != 1 {
				return n, err
			}
			return n.(*Object).Columns[0].Value, nil
		}
		switch {
		case len(rest) > 0:
			return nil, b.invalid("list_in_path", "%s is a list of rows; use it with brackets", clip(end.name))
		case end.field != nil && end.field.IsRows():
			return b.rows(end, AggFirst, o, bare)
		case o.List != nil:
			if err := b.single(end, o); err != nil {
				return nil, err
			}
			return b.step(end, bare)
		}
		return b.value(end)
	})
}

// aggregate resolves count, sum, avg, min and max over the one list of rows in a path; a bracket with one entry counts as the last step.
func (b *builder) aggregate(at spot, o *Operand, agg Aggregate) (Node, error) {
	if o.Arg.Func != "" {
		return nil, b.invalid("bad_function", "%s needs a list of rows", o.Func)
	}
	path := slices.Concat(o.Path, o.Arg.Path)
	return b.walk(at, path, func(end spot, rest []string) (Node, error) {
		if end.field == nil || !end.field.IsRows() {
			return nil, b.invalid("bad_function", "%s needs a list of rows", o.Func)
		}
		var each then
		switch {
		case len(rest) > 0 && o.Arg.List == nil:
			each = func(child spot) (Node, error) { return b.scalar(child, &Operand{Path: rest}) }
		case len(rest) == 0 && len(o.Arg.List) == 1 && o.Arg.List[0].Test == nil && agg != AggCount:
			each = func(child spot) (Node, error) { return b.scalar(child, &o.Arg.List[0].Operand) }
		case len(rest) > 0 || agg != AggCount:
			return nil, b.invalid("bad_function", "%s needs one column of the rows, as in drives#disksize", o.Func)
		}
		return b.summed(end, agg, o.Func, o.Arg, each)
	})
}
