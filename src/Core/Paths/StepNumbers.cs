using System.Collections.Immutable;
using Hooks.Core.Kernels;

namespace Hooks.Core.Paths;

/// <summary>The steps of a kernel, numbered from 0: for sets and counts of them. A step that stands twice in a path has two numbers, and one name.</summary>
internal sealed class StepNumbers
{
    private readonly ushort[] _first = new ushort[Enum.GetValues<PathId>().Length];
    private readonly ushort[] _numbers;

    /// <summary>Those of a kernel.</summary>
    public StepNumbers(Kernel kernel)
    {
        var numbers = new List<ushort>();
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var path in kernel.Paths)
        {
            _first[(int)path.Id] = (ushort)numbers.Count;
            var first = names.Count;
            foreach (ref readonly var code in path.Code) numbers.Add((ushort)(first + code.Step));
            names.AddRange(path.Steps.Select(step => $"{path.Id.KernelName()}.{step.Name}"));
        }

        _numbers = [.. numbers];
        Names = names.ToImmutable();
    }

    /// <summary>Names by number: <c>do_swap_page.SetPteAt</c>.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>The number of the step at a position of a path.</summary>
    public int Of(PathId path, int position) => _numbers[_first[(int)path] + position];
}
