using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Paths;

namespace Hooks.Properties;

/// <summary>A machine with nothing in it, to be filled by hand, and what is said about it: functions of the kernel and hooks can be called on it one by one.</summary>
internal sealed class BareMachine
{
    private MachineState _state;
    private StepReport _report;
    private Ghost _ghost;

    /// <summary>The machine, to be changed at will.</summary>
    public ref MachineState State => ref _state;

    /// <summary>What has been touched and said since <see cref="Said"/> was asked last.</summary>
    public ref StepReport Report => ref _report;

    /// <summary>What checkers know of it.</summary>
    public ref readonly Ghost Ghost => ref _ghost;

    /// <summary>The machine as the kernel sees it.</summary>
    public Memory On(IArchHooks hooks) => new(ref _state, ref _report, hooks, MmRules.HoldBack);

    /// <summary>What has been counted since the last time; the checkers are told of it.</summary>
    public Mark Said()
    {
        var marks = _report.Marks | _ghost.Follow(in _report);
        _report.Begin(default, PathId.None, 0, recordsReads: true);
        return marks;
    }
}
