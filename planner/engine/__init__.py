"""Pure maths: no Flask, no database, no clock, no locale. Money is whole minor units, rates are Decimal fractions per year."""
