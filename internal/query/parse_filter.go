package query

// or reads conditions joined by or, the weakest binding.
func (p *parser) or(depth int) (Cond, error) {
	return p.chain("or", func() (Cond, error) {
		return p.chain("and", func() (Cond, error) { return p.condition(depth) })
	})
}

// chain reads one or more parts with a word between them.
func (p *parser) chain(between string, part func() (Cond, error)) (Cond, error) {
	var parts []Cond
	for {
		c, err := part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
		if !p.isWord(between) {
			break
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return &Logic{Or: between == "or", Args: parts}, nil
}

// condition reads a comparison or conditions in parentheses.
func (p *parser) condition(depth int) (Cond, error) {
	if !p.is("(") {
		left, err := p.operand(0, 0)
		if err != nil {
			return nil, err
		}
		op := byWord[p.tok.text]
		if op == nil || p.tok.kind != tokWord {
			return nil, p.unexpected("an operator")
		}
		return p.compareWith(left, op)
	}
	if depth == MaxNesting {
		return nil, p.tooDeep()
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	c, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	return c, p.expect(")")
}

// compareWith reads the right side of a comparison whose operator is the present token.
func (p *parser) compareWith(left Operand, op *Operator) (*Compare, error) {
	c := &Compare{Left: left, Op: op.Op, Pos: p.tok.pos}
	if err := p.next(); err != nil {
		return nil, err
	}
	if op.List {
		return c, p.list(c)
	}
	return c, p.value(c)
}

// value reads one right side.
func (p *parser) value(c *Compare) error {
	if p.conditions++; p.conditions > MaxConditions {
		return p.tooMany("conditions", MaxConditions)
	}
	lit, err := p.literal()
	c.Right = append(c.Right, lit)
	return err
}

// list reads the members of an in list, which may be empty.
func (p *parser) list(c *Compare) error {
	if err := p.expect("("); err != nil {
		return err
	}
	for !p.is(")") {
		if err := p.value(c); err != nil {
			return err
		}
		if p.is(")") {
			break
		}
		if err := p.expect(","); err != nil {
			return err
		}
	}
	return p.next()
}
