namespace Hooks.KernelSource.Paths;

/// <summary>
/// What variables are known to be where they are looked at: a number that every way there gives them. A branch of which the condition is known by that is gone one way only, so a loop over
/// one page ends after one round. (Sparse conditional constant propagation; Wegman and Zadeck, 1991; not sparse, as functions are short.)
/// </summary>
internal static class Propagation
{
    /// <summary>The instructions with what is known in the place of variables.</summary>
    public static List<IrItem> Run(List<IrItem> code)
    {
        var variables = code.Select(i => i.Target).OfType<Variable>().Where(v => v.Fixed < 0 && v.Holds != Holds.Unknown).Distinct().ToList();
        var number = variables.Select((v, i) => (v, i)).ToDictionary(p => p.v, p => p.i);
        if (variables.Count == 0) return code;
        var labels = Simplify.Labels(code);

        // In front of each instruction; null: nothing is known to come there. A variable without a number may be anything.
        var known = new long?[]?[code.Count];
        known[0] = [.. variables.Select(v => v.AtEntry)];
        var work = new Stack<int>([0]);
        while (work.TryPop(out var at))
        {
            var (item, here) = (code[at], known[at]!);
            var value = item.Value is null ? null : Simplify.Replace(item.Value, v => By(here, v));
            var after = here;
            if (item.Target is { } target && number.TryGetValue(target, out var set))
            {
                after = [.. here];
                after[set] = value is Constant c ? Simplify.Kept(target, c) : null;
            }

            foreach (var next in Simplify.Next(code, labels, at, value).Where(n => n < code.Count))
            {
                if (Meet(ref known[next], after)) work.Push(next);
            }
        }

        return [.. code.Select((item, at) => item.Value is null || known[at] is not { } here ? item : Simplify.Replace(item.Value, v => By(here, v)) is var value && ReferenceEquals(value, item.Value) ? item : item with { Value = value })];

        Ir? By(long?[] here, Variable v) => number.TryGetValue(v, out var n) && here[n] is { } value ? new Constant(value) : null;
    }

    /// <summary>Takes in another way to an instruction; whether that changes what is known there.</summary>
    private static bool Meet(ref long?[]? known, long?[] also)
    {
        if (known is null)
        {
            known = also;
            return true;
        }

        if (known.AsSpan().SequenceEqual(also)) return false;
        var (changed, met) = (false, known.ToArray());
        for (var v = 0; v < met.Length; v++)
        {
            if (met[v] is null || met[v] == also[v]) continue;
            met[v] = null;
            changed = true;
        }

        known = met;
        return changed;
    }
}
