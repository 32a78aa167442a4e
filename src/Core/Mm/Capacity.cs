namespace Hooks.Core.Mm;

/// <summary>
/// The size of the modelled machine. Fixed, so that a world is one block of memory that copies, compares and hashes.
/// Small, because swap-path bugs need few pages and few processes, and because small scopes can be searched whole.
/// Each may be changed: what does not fit any more does not build (<see cref="Fits"/>, and the like where a size is written down
/// outside Core), and what builds passes its tests (tests/capacities tries).
/// </summary>
public static class Capacity
{
    /// <summary>Address spaces, P0 … P3.</summary>
    public const int Mms = 4;

    /// <summary>Pages of an address space, a … d.</summary>
    public const int Pages = 4;

    /// <summary>Threads of a process: P0 is the first of P0's, P0.1 the second.</summary>
    public const int Threads = 3;

    /// <summary>Tasks: the threads of all processes, and kswapd.</summary>
    public const int Tasks = (Mms * Threads) + 1;

    /// <summary>Page frames. With none left an allocation fails, as it does in the kernel.</summary>
    public const int Frames = 24;

    /// <summary>Swap areas.</summary>
    public const int Areas = 2;

    /// <summary>
    /// Slots of an area that can be in use at once. An area may be declared larger (its size decides the slot cache and
    /// "half full"), but a workload that needs more distinct slots than these ends in a <see cref="CapacityException"/>.
    /// </summary>
    public const int SlotsPerArea = 32;

    /// <summary>The largest declared size of an area, in slots.</summary>
    public const int MaxAreaSize = 65_535;

    /// <summary>Ranges of addresses with saved metadata, per mm. A range is a page at least, so these never run out (sparc has room for hundreds).</summary>
    public const int RangesPerMm = Pages;

    /// <summary>Paths that can wait for one that they have called.</summary>
    internal const int CallDepth = 3;

    /// <summary>
    /// What must hold for the sets and numbers above to fit what they are kept in. Unsigned constants: one that would be
    /// negative does not compile.
    /// </summary>
    internal static class Fits
    {
        /// <summary>Pages of all address spaces in a <see cref="BitSet{T}"/>, and in an <see cref="Arch.AddressRange"/>'s record.</summary>
        public const uint PagesInASet = 64 - (Mms * Pages);

        /// <summary>Page frames in a set of frames, frame 0 being none.</summary>
        public const uint FramesInASet = 64 - (Frames + 1);

        /// <summary>Two bits of <see cref="HeldReferences"/> for each frame.</summary>
        public const uint FramesHeld = 64 - (2 * (Frames + 1));

        /// <summary>Slots in a set of slots.</summary>
        public const uint SlotsInASet = 64 - (Areas * SlotsPerArea);

        /// <summary>Ranges in a set of ranges.</summary>
        public const uint RangesInASet = 64 - (Mms * RangesPerMm);

        /// <summary>Tasks in a set of tasks.</summary>
        public const uint TasksInASet = 64 - Tasks;

        /// <summary>Tasks in a search's sets of them, in its moves and in its programs (four bits each).</summary>
        public const uint TasksInASearch = 16 - Tasks;

        /// <summary>A process is one digit in the case text, and a thread too.</summary>
        public const uint Digits = 10 - (Mms > Threads ? Mms : Threads);

        /// <summary>A page is one letter in the case text.</summary>
        public const uint Letters = 26 - Pages;

        /// <summary>A generated program has no more processes than there are address spaces.</summary>
        public const uint ProgramProcesses = Mms - Workloads.Generator.Processes;

        /// <summary>Nor more pages of each.</summary>
        public const uint ProgramPages = Pages - Workloads.Generator.Pages;

        /// <summary>Nor more swap areas.</summary>
        public const uint ProgramAreas = Areas - Workloads.Generator.Areas;

        /// <summary>A generated program cannot run out of slots (<see cref="Workloads.Generator"/>).</summary>
        public const uint ProgramSlots = SlotsPerArea - Workloads.Generator.MaxOperations;

        /// <summary>An area's size in <see cref="SwapArea.Pages"/>.</summary>
        public const uint AreaSize = ushort.MaxValue - MaxAreaSize;

        /// <summary>Paths that call each other have somewhere to come back to.</summary>
        public const uint Calls = CallDepth - Paths.PathContract.DeepestCall;
    }
}

/// <summary>A workload needs more of something than the fixed-size state holds.</summary>
public sealed class CapacityException : Exception
{
    /// <summary>An error that says what ran out, and what to do.</summary>
    public CapacityException(string message)
        : base(message)
    {
    }

    /// <inheritdoc cref="CapacityException(string)"/>
    public CapacityException()
        : this("the workload needs more than the modelled machine holds")
    {
    }

    /// <inheritdoc cref="CapacityException(string)"/>
    public CapacityException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
