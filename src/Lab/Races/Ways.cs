namespace Hooks.Lab.Races;

/// <summary>Ways through a function: whether one instruction stands before others on all of them.</summary>
internal static class Ways
{
    /// <summary>Whether every way from the function's first instruction to any of some others leads over one.</summary>
    /// <param name="code">The function's instructions, in the order of their addresses.</param>
    /// <param name="over">The one.</param>
    /// <param name="to">The others.</param>
    public static bool AllLeadOver(IReadOnlyList<Instruction> code, ulong over, IReadOnlySet<ulong> to)
    {
        if (code.Count == 0) return false;
        var at = code.Select((c, i) => (c.Address, i)).ToDictionary(c => c.Address, c => c.i);
        var seen = new bool[code.Count];
        var open = new Stack<int>();
        Go(0);
        while (open.TryPop(out var i))
        {
            var instruction = code[i];
            if (instruction.Address == over) continue;
            if (to.Contains(instruction.Address)) return false;
            switch (instruction.Mnemonic)
            {
                // Where a computed jump goes is not known.
                case "br":
                    return false;
                case "ret" or "brk" or "udf":
                    break;
                case "b":
                    Branch(instruction);
                    break;
                default:
                    if (instruction.Mnemonic != "bl") Branch(instruction);
                    Go(i + 1);
                    break;
            }
        }

        return true;

        void Branch(Instruction from)
        {
            if (from.Target != 0 && at.TryGetValue(from.Target, out var target)) Go(target);
        }

        void Go(int i)
        {
            if (i >= code.Count || seen[i]) return;
            seen[i] = true;
            open.Push(i);
        }
    }
}
