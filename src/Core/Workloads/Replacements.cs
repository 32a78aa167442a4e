using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>
/// One operation gone and another one exchanged for any other: what gets a short program out of a local minimum that can
/// only be left by doing something else. A few thousand candidates, so only for programs that are short already.
/// </summary>
internal static class Replacements
{
    /// <summary>The longest program that is worth it.</summary>
    public const int MaxOperations = 12;

    /// <summary>All of them.</summary>
    public static IEnumerable<Workload> WithoutOne(Workload w)
    {
        var ops = w.Operations;
        if (ops.Length is < 4 or > MaxOperations) yield break;
        int processes = 1, pages = 1;
        foreach (var op in ops)
        {
            processes = Math.Max(processes, 1 + Math.Max(op.Mm.Value, op.Child.Value));
            pages = Math.Max(pages, 1 + op.Page.Value);
        }

        for (var gone = ops.Length - 1; gone >= 0; gone--)
        {
            var rest = ops.RemoveAt(gone);

            // Without the mprotect() that turned tags on they must be on from the start, or much else would change.
            if (ops[gone].Verb == Verb.Mprotect && ops[gone].Value == (byte)Protection.Tagged) rest = [.. rest.Select(op => op.Verb == Verb.Map ? op with { Value = 1 } : op)];
            for (var at = 0; at < rest.Length; at++)
            {
                foreach (var op in Others(rest[at], processes, pages)) yield return new Workload(w.Swaps, rest.SetItem(at, op));
            }
        }
    }

    private static IEnumerable<Operation> Others(Operation op, int processes, int pages)
    {
        for (byte m = 0; m < processes; m++)
        {
            foreach (var verb in Generator.Verbs)
            {
                var hasPage = Shrinker.HasPage(verb);
                for (byte p = 0; p < (hasPage ? pages : 1); p++)
                {
                    var other = Plain(new MmId(m), verb, new Vpn(p), processes);
                    if (other != op) yield return other;
                    if (verb == Verb.Write) yield return other with { Value = 2 };
                    if (verb == Verb.Mprotect) yield return other with { Value = (byte)Protection.None };
                    if (verb == Verb.Pin) yield return other with { Pin = PinFlags.Write };
                    if (verb == Verb.Pin) yield return other with { Pin = PinFlags.Write | PinFlags.Get };
                }
            }
        }
    }

    /// <summary>The plainest operation of a kind that does something.</summary>
    private static Operation Plain(MmId mm, Verb verb, Vpn page, int processes) => verb switch
    {
        Verb.Map or Verb.Write or Verb.Tag or Verb.Dma => new Operation(mm, verb, page, 1),
        Verb.Fork => new Operation(mm, verb, Child: new MmId((byte)Math.Min(processes, Capacity.Mms - 1))),
        Verb.Fail => new Operation(mm, verb, Value: 1),
        Verb.Mremap or Verb.UffdMove => new Operation(mm, verb, page, To: new Vpn((byte)(page.Value == 0 ? 1 : 0))),
        _ => new Operation(mm, verb, page),
    };
}
