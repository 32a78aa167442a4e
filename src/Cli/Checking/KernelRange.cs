namespace Hooks.Cli.Checking;

/// <summary>Kernels by their names, those that follow one another in the catalogue as a range.</summary>
internal static class KernelRange
{
    /// <summary>So many in a row and more are a range.</summary>
    private const int Range = 3;

    /// <summary>The parts of a list: <c>v5.16 … v5.19</c>, <c>v6.5</c>.</summary>
    /// <param name="kernels">Place in the order of what was checked, and name; in that order.</param>
    public static IEnumerable<string> Of(IReadOnlyList<(int Index, string Name)> kernels)
    {
        for (var i = 0; i < kernels.Count;)
        {
            var end = i + 1;
            while (end < kernels.Count && kernels[end].Index == kernels[end - 1].Index + 1) end++;
            if (end - i >= Range) yield return $"{kernels[i].Name} … {kernels[end - 1].Name}";
            else
            {
                for (var k = i; k < end; k++) yield return kernels[k].Name;
            }

            i = end;
        }
    }
}
